"""What every attempt costs: prices, the ledger, reports."""
