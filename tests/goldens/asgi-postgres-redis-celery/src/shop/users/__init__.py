"""Users. Replace this feature by your own: model, schemas, queries, service, tasks."""
