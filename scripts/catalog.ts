// Reads everything that migrations make out of a Postgres catalog, as text without oids, so that two databases can be
// compared. Stands in for pg_dump, which the project does not ship.
import type pg from "pg";

/** What a database consists of: the definition of each object by its kind and name. */
export type Catalog = ReadonlyMap<string, string>;

/**
 * Reads the objects outside of Postgres' own schemas.
 * @param client - a connection that may read the whole catalog
 */
export async function readCatalog(client: pg.Client): Promise<Catalog> {
  const objects = new Map<string, string>();
  // Nothing on the path: every name is printed with its schema.
  await client.query("set search_path = ''");
  for (const [kind, sql] of Object.entries(QUERIES)) {
    const { rows } = await client.query<{ name: string; definition: string }>(sql);
    for (const { name, definition } of rows) objects.set(`${kind} ${name}`, definition);
  }
  return objects;
}

/**
 * What differs, in lines for people: objects that only one has, and the lines in which common objects differ.
 * @param left - the first catalog, marked `-`
 * @param right - the second one, marked `+`
 */
export function compareCatalogs(left: Catalog, right: Catalog): string[] {
  const names = [...new Set([...left.keys(), ...right.keys()])].sort();
  return names.flatMap((name) => {
    const before = left.get(name);
    const after = right.get(name);
    if (before === after) return [];
    if (before === undefined) return [`+ ${name}`];
    if (after === undefined) return [`- ${name}`];
    const old = before.split("\n");
    const fresh = after.split("\n");
    const lines = [
      ...old.filter((line) => !fresh.includes(line)).map((line) => `  - ${line}`),
      ...fresh.filter((line) => !old.includes(line)).map((line) => `  + ${line}`),
    ];
    return [`~ ${name}`, ...(lines.length > 0 ? lines : ["  the same lines in another order"])];
  });
}

/** A schema that is not Postgres' own. */
const OURS = "n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and n.nspname not like 'pg\\_%'";

/** Not a partition of a day: these come and go, made by a function that is compared itself. */
const NO_DAY = (relname: string) => `${relname} !~ '_\\d{8}$'`;

/** An ACL as sorted text, the default one when none is set. */
const acl = (column: string, kind: string, owner: string) => `(
  select string_agg(format('%s=%s%s/%s', coalesce(r.rolname, 'public'), a.privilege_type, case when a.is_grantable then '*' else '' end, g.rolname), ' '
           order by r.rolname, a.privilege_type)
    from pg_catalog.aclexplode(coalesce(${column}, pg_catalog.acldefault('${kind}', ${owner}))) a
    left join pg_catalog.pg_roles r on r.oid = a.grantee
    left join pg_catalog.pg_roles g on g.oid = a.grantor)`;

const owner = (column: string) => `pg_catalog.pg_get_userbyid(${column})`;
const comment = (oid: string, catalog: string) => `coalesce(pg_catalog.obj_description(${oid}, '${catalog}'), '-')`;

/** The catalog's contents by kind; each query gives `name` and `definition`. */
const QUERIES = {
  extension: `select e.extname as name, format('in %s', n.nspname) as definition
    from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace`,
  schema: `select n.nspname as name, format(E'owner %s\\nacl %s\\ncomment %s', ${owner("n.nspowner")}, ${acl("n.nspacl", "n", "n.nspowner")},
      ${comment("n.oid", "pg_namespace")}) as definition
    from pg_catalog.pg_namespace n where ${OURS}`,
  relation: `select format('%s.%s', n.nspname, c.relname) as name,
      format(E'kind %s\\nowner %s\\nacl %s\\npersistence %s\\noptions %s\\nrls %s forced %s\\nreplica identity %s\\ncomment %s\\nview %s', c.relkind, ${owner("c.relowner")},
        ${acl("c.relacl", "r", "c.relowner")}, c.relpersistence, c.reloptions, c.relrowsecurity, c.relforcerowsecurity, c.relreplident, ${comment("c.oid", "pg_class")},
        case when c.relkind in ('v', 'm') then pg_catalog.pg_get_viewdef(c.oid) end) as definition
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where ${OURS} and c.relkind in ('r', 'p', 'v', 'm', 'f', 'c') and ${NO_DAY("c.relname")}`,
  column: `select format('%s.%s.%s', n.nspname, c.relname, a.attname) as name,
      format(E'number %s\\ntype %s\\nnot null %s\\ndefault %s\\ngenerated %s identity %s\\ncollation %s\\nstorage %s\\noptions %s\\nacl %s\\ncomment %s',
        (select count(*) from pg_catalog.pg_attribute b where b.attrelid = a.attrelid and b.attnum > 0 and b.attnum <= a.attnum and not b.attisdropped),
        pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_catalog.pg_get_expr(d.adbin, d.adrelid), a.attgenerated, a.attidentity,
        a.attcollation::pg_catalog.regcollation, a.attstorage, a.attoptions, a.attacl, pg_catalog.col_description(c.oid, a.attnum)) as definition
    from pg_catalog.pg_attribute a
    join pg_catalog.pg_class c on c.oid = a.attrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where ${OURS} and c.relkind in ('r', 'p', 'v', 'm', 'f', 'c') and a.attnum > 0 and not a.attisdropped and ${NO_DAY("c.relname")}`,
  constraint: `select format('%s on %s', k.conname, case when k.conrelid <> 0 then k.conrelid::pg_catalog.regclass::text else k.contypid::pg_catalog.regtype::text end) as name,
      format(E'%s\\nvalidated %s\\ncomment %s', pg_catalog.pg_get_constraintdef(k.oid), k.convalidated, ${comment("k.oid", "pg_constraint")}) as definition
    from pg_catalog.pg_constraint k join pg_catalog.pg_namespace n on n.oid = k.connamespace
    where ${OURS} and ${NO_DAY("k.conrelid::pg_catalog.regclass::text")}`,
  index: `select i.indexrelid::pg_catalog.regclass::text as name,
      format(E'%s\\noptions %s\\nvalid %s unique %s clustered %s\\ncomment %s', pg_catalog.pg_get_indexdef(i.indexrelid), c.reloptions, i.indisvalid, i.indisunique,
        i.indisclustered, ${comment("c.oid", "pg_class")}) as definition
    from pg_catalog.pg_index i
    join pg_catalog.pg_class c on c.oid = i.indexrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where ${OURS} and ${NO_DAY("i.indrelid::pg_catalog.regclass::text")}`,
  policy: `select format('%s on %s.%s', p.policyname, p.schemaname, p.tablename) as name,
      format(E'%s for %s to %s\\nusing %s\\ncheck %s', p.permissive, p.cmd, p.roles, p.qual, p.with_check) as definition
    from pg_catalog.pg_policies p`,
  trigger: `select format('%s on %s', t.tgname, t.tgrelid::pg_catalog.regclass) as name, format(E'%s\\nenabled %s', pg_catalog.pg_get_triggerdef(t.oid), t.tgenabled) as definition
    from pg_catalog.pg_trigger t where not t.tgisinternal`,
  "event trigger": `select e.evtname as name, format('%s %s %s %s', e.evtevent, e.evtfoid::pg_catalog.regproc, e.evtenabled, e.evttags) as definition from pg_catalog.pg_event_trigger e`,
  function: `select p.oid::pg_catalog.regprocedure::text as name,
      format(E'owner %s\\nacl %s\\ncomment %s\\n%s', ${owner("p.proowner")}, ${acl("p.proacl", "f", "p.proowner")}, ${comment("p.oid", "pg_proc")},
        case when p.prokind = 'a' then 'aggregate' else pg_catalog.pg_get_functiondef(p.oid) end) as definition
    from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace where ${OURS}`,
  sequence: `select format('%s.%s', n.nspname, c.relname) as name,
      format(E'owner %s\\nacl %s\\n%s start %s by %s from %s to %s cache %s cycle %s', ${owner("c.relowner")}, ${acl("c.relacl", "s", "c.relowner")},
        s.seqtypid::pg_catalog.regtype, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle) as definition
    from pg_catalog.pg_sequence s join pg_catalog.pg_class c on c.oid = s.seqrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace where ${OURS}`,
  type: `select t.oid::pg_catalog.regtype::text as name,
      format(E'kind %s\\nowner %s\\nacl %s\\nbase %s\\nlabels %s\\ncomment %s', t.typtype, ${owner("t.typowner")}, ${acl("t.typacl", "T", "t.typowner")},
        nullif(pg_catalog.format_type(t.typbasetype, t.typtypmod), '-'), (select string_agg(e.enumlabel, ', ' order by e.enumsortorder) from pg_catalog.pg_enum e where e.enumtypid = t.oid),
        ${comment("t.oid", "pg_type")}) as definition
    from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace where ${OURS} and t.typtype in ('e', 'd', 'r', 'm')`,
  publication: `select p.pubname as name, format('%s %s %s %s %s: %s', p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate,
      (select string_agg(format('%s.%s', t.schemaname, t.tablename), ', ' order by t.schemaname, t.tablename) from pg_catalog.pg_publication_tables t where t.pubname = p.pubname)) as definition
    from pg_catalog.pg_publication p`,
  "default privileges": `select format('%s in %s by %s', d.defaclobjtype, coalesce(n.nspname, 'every schema'), ${owner("d.defaclrole")}) as name,
      (select string_agg(format('%s=%s', coalesce(r.rolname, 'public'), a.privilege_type), ' ' order by r.rolname, a.privilege_type)
         from pg_catalog.aclexplode(d.defaclacl) a left join pg_catalog.pg_roles r on r.oid = a.grantee) as definition
    from pg_catalog.pg_default_acl d left join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace`,
  setting: `select format('role %s', coalesce(r.rolname, 'any')) as name, s.setconfig::text as definition
    from pg_catalog.pg_db_role_setting s left join pg_catalog.pg_roles r on r.oid = s.setrole
    where s.setdatabase = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())`,
} as const satisfies Readonly<Record<string, string>>;
