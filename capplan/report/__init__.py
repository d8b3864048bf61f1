"""What a results folder looks like to a reader: charts, a printed summary and a page. Reads nothing but that folder."""
