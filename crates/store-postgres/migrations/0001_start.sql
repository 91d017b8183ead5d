-- The database of compliance records.
--
-- Times are microseconds since 1970-01-01T00:00:00Z, hashes 32 bytes.
-- A chain is a room's row, 0 for the system's chain, or -1 for that of the compliance service.

-- Of a retired record actor and body are empty. Everything else is what its hash covers.
CREATE TABLE causerie.records (
    position bigint PRIMARY KEY CHECK (position > 0),
    chain    bigint NOT NULL CHECK (chain >= -1),
    number   bigint NOT NULL CHECK (number > 0),
    at       bigint NOT NULL,
    actor    text NOT NULL,
    kind     text NOT NULL,
    body     text NOT NULL,
    previous bytea NOT NULL CHECK (length(previous) = 32),
    hash     bytea NOT NULL CHECK (length(hash) = 32),
    retired  boolean NOT NULL DEFAULT false,
    UNIQUE (chain, number)
);
CREATE INDEX records_by_actor ON causerie.records (actor, position);
CREATE INDEX records_by_time ON causerie.records (at);

-- Leave to empty the records of a chain from one number to another: the range of the RETIRED record of that number.
-- What happened in rooms alone can go: neither what was changed there, nor anything of the other two chains.
CREATE TABLE causerie.tombstones (
    record bigint PRIMARY KEY,
    chain  bigint NOT NULL,
    first  bigint NOT NULL,
    last   bigint NOT NULL
);
CREATE INDEX tombstones_by_chain ON causerie.tombstones (chain, first);

CREATE TABLE causerie.checkpoints (
    number bigint PRIMARY KEY,
    up_to  bigint NOT NULL,
    line   text NOT NULL
);

-- Ids are in the order of their bytes, as everywhere.
CREATE TABLE causerie.documents (
    kind text COLLATE "C" NOT NULL,
    id   text COLLATE "C" NOT NULL,
    text text NOT NULL,
    PRIMARY KEY (kind, id)
);

CREATE TABLE causerie.leases (
    name      text PRIMARY KEY,
    holder    text NOT NULL,
    ends      bigint NOT NULL
);

-- What follows binds the service's role, and the owner too as long as it leaves the triggers alone.
-- Functions name the schemas that they look into: a temporary table must not stand for a real one.

CREATE FUNCTION causerie.refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'what was recorded is never changed nor removed' USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION causerie.follow_records() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.position <> (SELECT coalesce(max(position), 0) + 1 FROM causerie.records)
        OR NEW.number <= (SELECT coalesce(max(number), 0) FROM causerie.records WHERE chain = NEW.chain)
        OR NEW.retired
    THEN
        RAISE EXCEPTION 'a record comes after all others' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION causerie.follow_tombstones() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.chain <= 0 OR NOT EXISTS (
        SELECT FROM causerie.records
        WHERE chain = -1 AND number = NEW.record AND kind = 'RETIRED' AND body <> ''
            AND body::json ->> 'first' = NEW.first::text AND body::json ->> 'last' = NEW.last::text
            AND body::json ->> 'chain' = 'room:' || NEW.chain
    ) THEN
        RAISE EXCEPTION 'a tombstone is what a RETIRED record says' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION causerie.follow_checkpoints() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM causerie.checkpoints) THEN
        RAISE EXCEPTION 'a checkpoint comes after all others' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION causerie.keep_records() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (NEW.position, NEW.chain, NEW.number, NEW.at, NEW.actor, NEW.kind, NEW.body, NEW.previous, NEW.hash, NEW.retired)
        IS DISTINCT FROM
        (OLD.position, OLD.chain, OLD.number, OLD.at, '', OLD.kind, '', OLD.previous, OLD.hash, true)
        OR OLD.chain <= 0
        OR OLD.kind NOT IN ('CHAT', 'JOIN', 'PART', 'BACKCHAT', 'DELETED', 'DENIED', 'PURGED')
        OR NOT EXISTS (
            SELECT FROM causerie.tombstones WHERE chain = OLD.chain AND OLD.number BETWEEN first AND last
        )
    THEN
        RAISE EXCEPTION 'a record is never changed' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER follow BEFORE INSERT ON causerie.records FOR EACH ROW EXECUTE FUNCTION causerie.follow_records();
CREATE TRIGGER keep BEFORE UPDATE ON causerie.records FOR EACH ROW EXECUTE FUNCTION causerie.keep_records();
CREATE TRIGGER stay BEFORE DELETE OR TRUNCATE ON causerie.records EXECUTE FUNCTION causerie.refuse();

CREATE TRIGGER follow BEFORE INSERT ON causerie.tombstones FOR EACH ROW EXECUTE FUNCTION causerie.follow_tombstones();
CREATE TRIGGER stay BEFORE UPDATE OR DELETE OR TRUNCATE ON causerie.tombstones EXECUTE FUNCTION causerie.refuse();

CREATE TRIGGER follow BEFORE INSERT ON causerie.checkpoints FOR EACH ROW EXECUTE FUNCTION causerie.follow_checkpoints();
CREATE TRIGGER stay BEFORE UPDATE OR DELETE OR TRUNCATE ON causerie.checkpoints EXECUTE FUNCTION causerie.refuse();
