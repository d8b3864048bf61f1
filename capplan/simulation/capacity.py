"""What a team can take on: desks at which things are dealt with in order, and posts that are filled, left and filled again.

Both live in a SimPy environment and know nothing of schools; their times are in months.
"""

from collections import deque

TINY_FTE = 1e-9


class Desk:
    """Places at which one thing at a time is dealt with, first come first served; it may be closed, and change in places.

    What is being dealt with when the desk closes or loses places is finished; nothing more is taken up.
    """

    def __init__(self, environment, places):
        self._environment, self._queue = environment, deque()
        self.places, self.is_open, self.in_use = places, True, 0

    @property
    def waiting(self):
        """How many wait."""
        return len(self._queue)

    def ask(self):
        """Ask for a place.

        Returns
        -------
        simpy.Event
            Happens when there is one; whoever was given it has to ``leave``.
        """
        event = self._environment.event()
        self._queue.append(event)
        self._serve()
        return event

    def give_up(self, event):
        """Wait no longer."""
        self._queue.remove(event)

    def leave(self):
        """Give the place back, to the one who has waited longest."""
        self.in_use -= 1
        self._serve()

    def change(self, places, is_open):
        """Set how many places there are and whether more is taken up.

        Parameters
        ----------
        places : int
        is_open : bool
        """
        self.places, self.is_open = places, is_open
        self._serve()

    def _serve(self):
        while self.is_open and self._queue and self.in_use < self.places:
            self.in_use += 1
            self._queue.popleft().succeed()


class Post:
    """A post whose hours are recruited, briefed and lost, with the draws that say how long each takes. [FTE], [months]"""

    def __init__(self, environment, held_fte, leaves_after_months, hired_after_months, briefing_months):
        self._environment, self._briefing_months = environment, briefing_months
        self._hired_after_months = iter(hired_after_months)
        self._new = []
        self.held_fte, self._sought_fte = held_fte, 0.0
        if leaves_after_months and leaves_after_months[0] < float("inf"):
            environment.process(self._leaving(leaves_after_months))

    def productive(self, new_share):
        """Hours held, those of staff still being briefed counted at a share. [FTE]

        Parameters
        ----------
        new_share : float
            What the hours of new staff count. [-]
        """
        if not self._new:
            return self.held_fte
        now = self._environment.now
        self._new = [piece for piece in self._new if piece[1] > now]
        return self.held_fte - (1.0 - new_share) * sum(piece[0] for piece in self._new)

    def seek(self, target_fte):
        """Advertise the hours that are lacking and not being sought already.

        Parameters
        ----------
        target_fte : float
            Hours the post should have; fewer than it has are left as they are. [FTE]
        """
        lacking_fte = target_fte - self.held_fte - self._sought_fte
        if lacking_fte > TINY_FTE and (months := next(self._hired_after_months, None)) is not None:
            self._sought_fte += lacking_fte
            self._environment.process(self._hire(lacking_fte, months))

    def _hire(self, fte, months):
        yield self._environment.timeout(months)
        self._sought_fte -= fte
        self.held_fte += fte
        self._new.append((fte, self._environment.now + self._briefing_months))

    def _leaving(self, gaps):
        for months in gaps:
            yield self._environment.timeout(months)
            self.held_fte, self._new = 0.0, []
