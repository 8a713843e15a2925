"""What yesterday cost, composed."""
