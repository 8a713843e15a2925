"""The command line: one file per command; each loads its composition inside the command function."""
