"""What the platform does, step by step, callable without Dagster."""
