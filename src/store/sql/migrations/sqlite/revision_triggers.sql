CREATE TRIGGER remote_revise_replaced_account BEFORE INSERT ON remote_users
BEGIN
    UPDATE remote_revisions SET revision = lower(hex(randomblob(16)))
     WHERE shard IN (SELECT id & 15 FROM remote_users WHERE id = NEW.id OR username = NEW.username OR subject = NEW.subject);
END;

CREATE TRIGGER remote_revise_changed_account BEFORE UPDATE OF id, username, subject, name, email, attributes, is_active, is_staff, is_superuser, created_at ON remote_users
BEGIN
    UPDATE remote_revisions SET revision = lower(hex(randomblob(16)))
     WHERE shard IN (OLD.id & 15, NEW.id & 15)
        OR shard IN (SELECT id & 15 FROM remote_users WHERE username = NEW.username OR subject = NEW.subject);
END;

CREATE TRIGGER remote_revise_withdrawn_login BEFORE UPDATE OF last_login_at ON remote_users
WHEN OLD.last_login_at IS NOT NULL
 AND (unixepoch(NEW.last_login_at) >= unixepoch(OLD.last_login_at)) IS NOT TRUE
BEGIN
    UPDATE remote_revisions SET revision = lower(hex(randomblob(16)))
     WHERE shard = OLD.id & 15;
END;

CREATE TRIGGER remote_revise_deleted_user AFTER DELETE ON remote_users
BEGIN
    UPDATE remote_revisions SET revision = lower(hex(randomblob(16)))
     WHERE shard = OLD.id & 15;
END;

CREATE TRIGGER remote_revise_new_membership AFTER INSERT ON remote_memberships
BEGIN
    UPDATE remote_revisions SET revision = lower(hex(randomblob(16)))
     WHERE shard = NEW.user_id & 15;
END;

CREATE TRIGGER remote_revise_changed_membership AFTER UPDATE ON remote_memberships
BEGIN
    UPDATE remote_revisions SET revision = lower(hex(randomblob(16)))
     WHERE shard IN (OLD.user_id & 15, NEW.user_id & 15);
END;

CREATE TRIGGER remote_revise_deleted_membership AFTER DELETE ON remote_memberships
BEGIN
    UPDATE remote_revisions SET revision = lower(hex(randomblob(16)))
     WHERE shard = OLD.user_id & 15;
END;

CREATE TRIGGER remote_revise_new_user_permission AFTER INSERT ON remote_user_permissions
BEGIN
    UPDATE remote_revisions SET revision = lower(hex(randomblob(16)))
     WHERE shard = NEW.user_id & 15;
END;

CREATE TRIGGER remote_revise_changed_user_permission AFTER UPDATE ON remote_user_permissions
BEGIN
    UPDATE remote_revisions SET revision = lower(hex(randomblob(16)))
     WHERE shard IN (OLD.user_id & 15, NEW.user_id & 15);
END;

CREATE TRIGGER remote_revise_deleted_user_permission AFTER DELETE ON remote_user_permissions
BEGIN
    UPDATE remote_revisions SET revision = lower(hex(randomblob(16)))
     WHERE shard = OLD.user_id & 15;
END;

CREATE TRIGGER remote_revise_new_group AFTER INSERT ON remote_groups
BEGIN
    UPDATE remote_revisions SET revision = lower(hex(randomblob(16)))
     WHERE shard = -1;
END;

CREATE TRIGGER remote_revise_changed_group AFTER UPDATE ON remote_groups
BEGIN
    UPDATE remote_revisions SET revision = lower(hex(randomblob(16)))
     WHERE shard = -1;
END;

CREATE TRIGGER remote_revise_deleted_group AFTER DELETE ON remote_groups
BEGIN
    UPDATE remote_revisions SET revision = lower(hex(randomblob(16)))
     WHERE shard = -1;
END;

CREATE TRIGGER remote_revise_new_group_permission AFTER INSERT ON remote_group_permissions
BEGIN
    UPDATE remote_revisions SET revision = lower(hex(randomblob(16)))
     WHERE shard = -1;
END;

CREATE TRIGGER remote_revise_changed_group_permission AFTER UPDATE ON remote_group_permissions
BEGIN
    UPDATE remote_revisions SET revision = lower(hex(randomblob(16)))
     WHERE shard = -1;
END;

CREATE TRIGGER remote_revise_deleted_group_permission AFTER DELETE ON remote_group_permissions
BEGIN
    UPDATE remote_revisions SET revision = lower(hex(randomblob(16)))
     WHERE shard = -1;
END;

CREATE TRIGGER remote_revise_replaced_session BEFORE INSERT ON remote_sessions
BEGIN
    UPDATE remote_revisions SET revision = lower(hex(randomblob(16)))
     WHERE shard IN (SELECT user_id & 15 FROM remote_sessions WHERE token_hash = NEW.token_hash);
END;

CREATE TRIGGER remote_revise_changed_session BEFORE UPDATE ON remote_sessions
WHEN (NEW.token_hash, NEW.user_id, NEW.source, NEW.asserted_groups, NEW.created_at)
     IS NOT (OLD.token_hash, OLD.user_id, OLD.source, OLD.asserted_groups, OLD.created_at)
  OR (unixepoch(NEW.expires_at, 'subsec') >= unixepoch(OLD.expires_at, 'subsec')) IS NOT TRUE
BEGIN
    UPDATE remote_revisions SET revision = lower(hex(randomblob(16)))
     WHERE shard IN (OLD.user_id & 15, NEW.user_id & 15)
        OR shard IN (SELECT user_id & 15 FROM remote_sessions WHERE token_hash = NEW.token_hash);
END;

CREATE TRIGGER remote_revise_deleted_session AFTER DELETE ON remote_sessions
BEGIN
    UPDATE remote_revisions SET revision = lower(hex(randomblob(16)))
     WHERE shard = OLD.user_id & 15;
END;
