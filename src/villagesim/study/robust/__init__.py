"""Which mix holds over futures that nobody knows: regret, and the boxes and rules in which a mix fails."""
