"""What one sum of money buys: mixes of levers at one budget, equal spending, the front that no other mix beats."""
