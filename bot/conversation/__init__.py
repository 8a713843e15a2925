"""An ask becomes a reply."""
