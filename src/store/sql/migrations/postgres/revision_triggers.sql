CREATE OR REPLACE FUNCTION remote_revise(revised bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    done text := coalesce(current_setting('remote_user.revised', true), '');
BEGIN
    IF strpos(done, format(' %s;', revised)) = 0 THEN
        UPDATE remote_revisions SET revision = md5(concat_ws(' ', txid_current(), clock_timestamp(), random()))
         WHERE shard = revised;
        PERFORM set_config('remote_user.revised', done || format(' %s;', revised), true);
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION remote_revise_user() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN PERFORM remote_revise(OLD.id & 15); END IF;
    IF TG_OP <> 'DELETE' THEN PERFORM remote_revise(NEW.id & 15); END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION remote_revise_user_of_row() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN PERFORM remote_revise(OLD.user_id & 15); END IF;
    IF TG_OP <> 'DELETE' THEN PERFORM remote_revise(NEW.user_id & 15); END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION remote_revise_groups() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    PERFORM remote_revise(-1);
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION remote_revise_everything() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    PERFORM remote_revise(shard) FROM (SELECT shard FROM remote_revisions ORDER BY shard) AS every;
    RETURN NULL;
END
$$;

DO $$
DECLARE
    revising text;
BEGIN
    FOREACH revising IN ARRAY ARRAY['remote_revise(bigint)', 'remote_revise_user()', 'remote_revise_user_of_row()',
                                    'remote_revise_groups()', 'remote_revise_everything()']
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', revising, current_schema());
    END LOOP;
END
$$;

CREATE CONSTRAINT TRIGGER remote_revise_changed_user AFTER UPDATE ON remote_users
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW 
WHEN (to_jsonb(NEW) - '{last_login_at}'::text[] IS DISTINCT FROM to_jsonb(OLD) - '{last_login_at}'::text[]
   OR OLD.last_login_at IS NOT NULL AND (NEW.last_login_at >= OLD.last_login_at) IS NOT TRUE)
EXECUTE FUNCTION remote_revise_user();

CREATE CONSTRAINT TRIGGER remote_revise_deleted_user AFTER DELETE ON remote_users
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION remote_revise_user();

CREATE CONSTRAINT TRIGGER remote_revise_membership AFTER INSERT OR UPDATE OR DELETE ON remote_memberships
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION remote_revise_user_of_row();

CREATE CONSTRAINT TRIGGER remote_revise_user_permission AFTER INSERT OR UPDATE OR DELETE ON remote_user_permissions
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION remote_revise_user_of_row();

CREATE CONSTRAINT TRIGGER remote_revise_group AFTER INSERT OR UPDATE OR DELETE ON remote_groups
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION remote_revise_groups();

CREATE CONSTRAINT TRIGGER remote_revise_group_permission AFTER INSERT OR UPDATE OR DELETE ON remote_group_permissions
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION remote_revise_groups();

CREATE CONSTRAINT TRIGGER remote_revise_changed_session AFTER UPDATE ON remote_sessions
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW 
WHEN (NEW.expires_at < OLD.expires_at
   OR to_jsonb(NEW) - '{last_seen_at,expires_at}'::text[]
      IS DISTINCT FROM to_jsonb(OLD) - '{last_seen_at,expires_at}'::text[])
EXECUTE FUNCTION remote_revise_user_of_row();

CREATE CONSTRAINT TRIGGER remote_revise_deleted_session AFTER DELETE ON remote_sessions
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION remote_revise_user_of_row();

CREATE TRIGGER remote_revise_truncated_users BEFORE TRUNCATE ON remote_users
FOR EACH STATEMENT EXECUTE FUNCTION remote_revise_everything();

CREATE TRIGGER remote_revise_truncated_groups BEFORE TRUNCATE ON remote_groups
FOR EACH STATEMENT EXECUTE FUNCTION remote_revise_everything();

CREATE TRIGGER remote_revise_truncated_memberships BEFORE TRUNCATE ON remote_memberships
FOR EACH STATEMENT EXECUTE FUNCTION remote_revise_everything();

CREATE TRIGGER remote_revise_truncated_user_permissions BEFORE TRUNCATE ON remote_user_permissions
FOR EACH STATEMENT EXECUTE FUNCTION remote_revise_everything();

CREATE TRIGGER remote_revise_truncated_group_permissions BEFORE TRUNCATE ON remote_group_permissions
FOR EACH STATEMENT EXECUTE FUNCTION remote_revise_everything();

CREATE TRIGGER remote_revise_truncated_sessions BEFORE TRUNCATE ON remote_sessions
FOR EACH STATEMENT EXECUTE FUNCTION remote_revise_everything();
