"""The administrator's room: counties, offices, teams, accounts, roles. It lies below the cases and cannot see them."""
