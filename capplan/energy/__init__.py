"""Energy and carbon of schools: meters, what is expected without them, prices, factors and years to come."""
