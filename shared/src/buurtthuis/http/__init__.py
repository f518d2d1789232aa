"""HTTP, the same in every service: limits, policies, problems, pages."""
