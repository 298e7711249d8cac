"""The tables. RECORDS are the company's data: what a snapshot shows and a reset restores."""

from typing import TypeAlias

Value: TypeAlias = str | int | float | bool | None
Values: TypeAlias = tuple[Value, ...]  # one row, in the order of the columns
Row: TypeAlias = dict[str, Value]

SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (
    username TEXT PRIMARY KEY, full_name TEXT NOT NULL, email TEXT NOT NULL UNIQUE, department TEXT NOT NULL,
    title TEXT NOT NULL, manager TEXT, status TEXT NOT NULL, mfa_enrolled INTEGER NOT NULL, vip INTEGER NOT NULL,
    mobile_ending TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS password_resets (
    username TEXT NOT NULL, number INTEGER NOT NULL, expires_at TEXT NOT NULL, PRIMARY KEY (username, number));
CREATE TABLE IF NOT EXISTS groups (
    "group" TEXT PRIMARY KEY, name TEXT NOT NULL, description TEXT NOT NULL, owner TEXT NOT NULL,
    restricted INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS group_members (
    "group" TEXT NOT NULL, username TEXT NOT NULL, PRIMARY KEY ("group", username));
CREATE TABLE IF NOT EXISTS access_requests (
    request_id TEXT PRIMARY KEY, username TEXT NOT NULL, "group" TEXT NOT NULL, reason TEXT NOT NULL,
    status TEXT NOT NULL, requested_by TEXT NOT NULL, approver TEXT NOT NULL, decision_reason TEXT);
CREATE TABLE IF NOT EXISTS vpn_access (username TEXT PRIMARY KEY, until TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS devices (
    asset_tag TEXT PRIMARY KEY, kind TEXT NOT NULL, model TEXT NOT NULL, status TEXT NOT NULL, owner TEXT);
CREATE TABLE IF NOT EXISTS licences (product TEXT PRIMARY KEY, name TEXT NOT NULL, total INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS licence_assignments (
    product TEXT NOT NULL, username TEXT NOT NULL, PRIMARY KEY (product, username));
CREATE TABLE IF NOT EXISTS mailboxes (
    address TEXT PRIMARY KEY, kind TEXT NOT NULL, quota_gb INTEGER NOT NULL, used_gb REAL NOT NULL, forwarding TEXT);
CREATE TABLE IF NOT EXISTS mailbox_delegates (
    address TEXT NOT NULL, username TEXT NOT NULL, PRIMARY KEY (address, username));
CREATE TABLE IF NOT EXISTS distribution_lists (list TEXT PRIMARY KEY, name TEXT NOT NULL, owner TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS list_members (list TEXT NOT NULL, username TEXT NOT NULL, PRIMARY KEY (list, username));
CREATE TABLE IF NOT EXISTS tickets (
    ticket_id TEXT PRIMARY KEY, title TEXT NOT NULL, body TEXT NOT NULL, category TEXT NOT NULL,
    priority TEXT NOT NULL, status TEXT NOT NULL, requester TEXT NOT NULL, affected_user TEXT, team TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS ticket_comments (
    ticket_id TEXT NOT NULL, number INTEGER NOT NULL, author TEXT NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (ticket_id, number));
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE IF NOT EXISTS writes (operation TEXT PRIMARY KEY, count INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT PRIMARY KEY, content TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL);
"""

RECORDS: dict[str, tuple[str, ...]] = {  # table: its primary key, which orders the snapshot
    "accounts": ("username",),
    "password_resets": ("username", "number"),
    "groups": ("group",),
    "group_members": ("group", "username"),
    "access_requests": ("request_id",),
    "vpn_access": ("username",),
    "devices": ("asset_tag",),
    "licences": ("product",),
    "licence_assignments": ("product", "username"),
    "mailboxes": ("address",),
    "mailbox_delegates": ("address", "username"),
    "distribution_lists": ("list",),
    "list_members": ("list", "username"),
    "tickets": ("ticket_id",),
    "ticket_comments": ("ticket_id", "number"),
}
BOOKKEEPING = ("settings", "writes", "idempotency")
BOOLEANS = frozenset({"mfa_enrolled", "vip", "restricted"})
