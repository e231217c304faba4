"""The whole countryside: every county of a country under one programme, streamed, at one price of the platform."""
