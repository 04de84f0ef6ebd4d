"""The pages: referring and joining, who follows a case, its course, other ways into it, and whom to keep away from."""
