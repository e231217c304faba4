"""Many runs: carried out, kept, resumed, compared."""
