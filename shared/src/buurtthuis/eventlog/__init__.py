"""From a journal to whoever listens: relay, streams, subscriptions, dead letters, feeds."""
