CREATE TRIGGER remote_revise_changed_account AFTER UPDATE ON remote_users FOR EACH ROW
UPDATE remote_revisions SET revision = md5(concat(uuid(), rand()))
 WHERE shard IN (if(
        NEW.id <=> OLD.id
        AND NEW.username <=> OLD.username
        AND NEW.subject <=> OLD.subject
        AND NEW.name <=> OLD.name
        AND NEW.email <=> OLD.email
        AND NEW.attributes <=> OLD.attributes
        AND NEW.is_active <=> OLD.is_active
        AND NEW.is_staff <=> OLD.is_staff
        AND NEW.is_superuser <=> OLD.is_superuser
        AND NEW.created_at <=> OLD.created_at
        AND (OLD.last_login_at IS NULL OR NEW.last_login_at >= OLD.last_login_at), NULL, OLD.id & 63), if(
        NEW.id <=> OLD.id
        AND NEW.username <=> OLD.username
        AND NEW.subject <=> OLD.subject
        AND NEW.name <=> OLD.name
        AND NEW.email <=> OLD.email
        AND NEW.attributes <=> OLD.attributes
        AND NEW.is_active <=> OLD.is_active
        AND NEW.is_staff <=> OLD.is_staff
        AND NEW.is_superuser <=> OLD.is_superuser
        AND NEW.created_at <=> OLD.created_at
        AND (OLD.last_login_at IS NULL OR NEW.last_login_at >= OLD.last_login_at), NULL, NEW.id & 63));

CREATE TRIGGER remote_revise_deleted_user AFTER DELETE ON remote_users FOR EACH ROW
UPDATE remote_revisions SET revision = md5(concat(uuid(), rand()))
 WHERE shard = OLD.id & 63;

CREATE TRIGGER remote_revise_new_membership AFTER INSERT ON remote_memberships FOR EACH ROW
UPDATE remote_revisions SET revision = md5(concat(uuid(), rand()))
 WHERE shard = NEW.user_id & 63;

CREATE TRIGGER remote_revise_changed_membership AFTER UPDATE ON remote_memberships FOR EACH ROW
UPDATE remote_revisions SET revision = md5(concat(uuid(), rand()))
 WHERE shard IN (if(
        NEW.user_id <=> OLD.user_id
        AND NEW.group_id <=> OLD.group_id
        AND NEW.source <=> OLD.source, NULL, OLD.user_id & 63), if(
        NEW.user_id <=> OLD.user_id
        AND NEW.group_id <=> OLD.group_id
        AND NEW.source <=> OLD.source, NULL, NEW.user_id & 63));

CREATE TRIGGER remote_revise_deleted_membership AFTER DELETE ON remote_memberships FOR EACH ROW
UPDATE remote_revisions SET revision = md5(concat(uuid(), rand()))
 WHERE shard = OLD.user_id & 63;

CREATE TRIGGER remote_revise_new_user_permission AFTER INSERT ON remote_user_permissions FOR EACH ROW
UPDATE remote_revisions SET revision = md5(concat(uuid(), rand()))
 WHERE shard = NEW.user_id & 63;

CREATE TRIGGER remote_revise_changed_user_permission AFTER UPDATE ON remote_user_permissions FOR EACH ROW
UPDATE remote_revisions SET revision = md5(concat(uuid(), rand()))
 WHERE shard IN (if(
        NEW.user_id <=> OLD.user_id
        AND NEW.permission <=> OLD.permission, NULL, OLD.user_id & 63), if(
        NEW.user_id <=> OLD.user_id
        AND NEW.permission <=> OLD.permission, NULL, NEW.user_id & 63));

CREATE TRIGGER remote_revise_deleted_user_permission AFTER DELETE ON remote_user_permissions FOR EACH ROW
UPDATE remote_revisions SET revision = md5(concat(uuid(), rand()))
 WHERE shard = OLD.user_id & 63;

CREATE TRIGGER remote_revise_new_group AFTER INSERT ON remote_groups FOR EACH ROW
UPDATE remote_revisions SET revision = md5(concat(uuid(), rand()))
 WHERE shard = -1;

CREATE TRIGGER remote_revise_changed_group AFTER UPDATE ON remote_groups FOR EACH ROW
UPDATE remote_revisions SET revision = md5(concat(uuid(), rand()))
 WHERE shard = if(NEW.id <=> OLD.id
        AND NEW.name <=> OLD.name, NULL, -1);

CREATE TRIGGER remote_revise_deleted_group AFTER DELETE ON remote_groups FOR EACH ROW
UPDATE remote_revisions SET revision = md5(concat(uuid(), rand()))
 WHERE shard = -1;

CREATE TRIGGER remote_revise_new_group_permission AFTER INSERT ON remote_group_permissions FOR EACH ROW
UPDATE remote_revisions SET revision = md5(concat(uuid(), rand()))
 WHERE shard = -1;

CREATE TRIGGER remote_revise_changed_group_permission AFTER UPDATE ON remote_group_permissions FOR EACH ROW
UPDATE remote_revisions SET revision = md5(concat(uuid(), rand()))
 WHERE shard = if(NEW.group_id <=> OLD.group_id
        AND NEW.permission <=> OLD.permission, NULL, -1);

CREATE TRIGGER remote_revise_deleted_group_permission AFTER DELETE ON remote_group_permissions FOR EACH ROW
UPDATE remote_revisions SET revision = md5(concat(uuid(), rand()))
 WHERE shard = -1;

CREATE TRIGGER remote_revise_changed_session AFTER UPDATE ON remote_sessions FOR EACH ROW
UPDATE remote_revisions SET revision = md5(concat(uuid(), rand()))
 WHERE shard IN (if(
        NEW.token_hash <=> OLD.token_hash
        AND NEW.user_id <=> OLD.user_id
        AND NEW.source <=> OLD.source
        AND NEW.asserted_groups <=> OLD.asserted_groups
        AND NEW.created_at <=> OLD.created_at
        AND NEW.expires_at >= OLD.expires_at, NULL, OLD.user_id & 63), if(
        NEW.token_hash <=> OLD.token_hash
        AND NEW.user_id <=> OLD.user_id
        AND NEW.source <=> OLD.source
        AND NEW.asserted_groups <=> OLD.asserted_groups
        AND NEW.created_at <=> OLD.created_at
        AND NEW.expires_at >= OLD.expires_at, NULL, NEW.user_id & 63));

CREATE TRIGGER remote_revise_deleted_session AFTER DELETE ON remote_sessions FOR EACH ROW
UPDATE remote_revisions SET revision = md5(concat(uuid(), rand()))
 WHERE shard = OLD.user_id & 63;
