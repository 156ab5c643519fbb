CREATE TABLE public.classes (
    id uuid NOT NULL,
    event uuid NOT NULL,
    code character varying(16) DEFAULT NULL::character varying NOT NULL,
    name character varying(100) DEFAULT NULL::character varying,
    category character varying(32) DEFAULT NULL::character varying NOT NULL,
    sort integer,
    date_created timestamp with time zone,
    date_updated timestamp with time zone
);
CREATE TABLE public.devices (
    id uuid NOT NULL,
    imei character varying(15) DEFAULT NULL::character varying NOT NULL,
    label character varying(64) DEFAULT NULL::character varying NOT NULL,
    model character varying(64) DEFAULT NULL::character varying,
    status character varying(32) DEFAULT 'active'::character varying NOT NULL,
    date_created timestamp with time zone,
    date_updated timestamp with time zone
);
CREATE TABLE public.directus_access (
    id uuid NOT NULL,
    role uuid,
    "user" uuid,
    policy uuid NOT NULL,
    sort integer
);
CREATE TABLE public.directus_activity (
    id integer NOT NULL,
    action character varying(45) NOT NULL,
    "user" uuid,
    "timestamp" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    ip character varying(50),
    user_agent text,
    collection character varying(64) NOT NULL,
    item character varying(255) NOT NULL,
    origin character varying(255)
);
CREATE SEQUENCE public.directus_activity_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.directus_activity_id_seq OWNED BY public.directus_activity.id;
CREATE TABLE public.directus_collections (
    collection character varying(64) NOT NULL,
    icon character varying(64),
    note text,
    display_template character varying(255),
    hidden boolean DEFAULT false NOT NULL,
    singleton boolean DEFAULT false NOT NULL,
    translations json,
    archive_field character varying(64),
    archive_app_filter boolean DEFAULT true NOT NULL,
    archive_value character varying(255),
    unarchive_value character varying(255),
    sort_field character varying(64),
    accountability character varying(255) DEFAULT 'all'::character varying,
    color character varying(255),
    item_duplication_fields json,
    sort integer,
    "group" character varying(64),
    collapse character varying(255) DEFAULT 'open'::character varying NOT NULL,
    preview_url character varying(255),
    versioning boolean DEFAULT false NOT NULL
);
CREATE TABLE public.directus_comments (
    id uuid NOT NULL,
    collection character varying(64) NOT NULL,
    item character varying(255) NOT NULL,
    comment text NOT NULL,
    date_created timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    date_updated timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    user_created uuid,
    user_updated uuid
);
CREATE TABLE public.directus_dashboards (
    id uuid NOT NULL,
    name character varying(255) NOT NULL,
    icon character varying(64) DEFAULT 'dashboard'::character varying NOT NULL,
    note text,
    date_created timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    user_created uuid,
    color character varying(255)
);
CREATE TABLE public.directus_extensions (
    enabled boolean DEFAULT true NOT NULL,
    id uuid NOT NULL,
    folder character varying(255) NOT NULL,
    source character varying(255) NOT NULL,
    bundle uuid
);
CREATE TABLE public.directus_fields (
    id integer NOT NULL,
    collection character varying(64) NOT NULL,
    field character varying(64) NOT NULL,
    special character varying(64),
    interface character varying(64),
    options json,
    display character varying(64),
    display_options json,
    readonly boolean DEFAULT false NOT NULL,
    hidden boolean DEFAULT false NOT NULL,
    sort integer,
    width character varying(30) DEFAULT 'full'::character varying,
    translations json,
    note text,
    conditions json,
    required boolean DEFAULT false,
    "group" character varying(64),
    validation json,
    validation_message text,
    searchable boolean DEFAULT true NOT NULL
);
CREATE SEQUENCE public.directus_fields_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.directus_fields_id_seq OWNED BY public.directus_fields.id;
CREATE TABLE public.directus_files (
    id uuid NOT NULL,
    storage character varying(255) NOT NULL,
    filename_disk character varying(255),
    filename_download character varying(255) NOT NULL,
    title character varying(255),
    type character varying(255),
    folder uuid,
    uploaded_by uuid,
    created_on timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    modified_by uuid,
    modified_on timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    charset character varying(50),
    filesize bigint,
    width integer,
    height integer,
    duration integer,
    embed character varying(200),
    description text,
    location text,
    tags text,
    metadata json,
    focal_point_x integer,
    focal_point_y integer,
    tus_id character varying(64),
    tus_data json,
    uploaded_on timestamp with time zone
);
CREATE TABLE public.directus_flows (
    id uuid NOT NULL,
    name character varying(255) NOT NULL,
    icon character varying(64),
    color character varying(255),
    description text,
    status character varying(255) DEFAULT 'active'::character varying NOT NULL,
    trigger character varying(255),
    accountability character varying(255) DEFAULT 'all'::character varying,
    options json,
    operation uuid,
    date_created timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    user_created uuid
);
CREATE TABLE public.directus_folders (
    id uuid NOT NULL,
    name character varying(255) NOT NULL,
    parent uuid
);
CREATE TABLE public.directus_migrations (
    version character varying(255) NOT NULL,
    name character varying(255) NOT NULL,
    "timestamp" timestamp with time zone DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE public.directus_notifications (
    id integer NOT NULL,
    "timestamp" timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    status character varying(255) DEFAULT 'inbox'::character varying,
    recipient uuid NOT NULL,
    sender uuid,
    subject character varying(255) NOT NULL,
    message text,
    collection character varying(64),
    item character varying(255)
);
CREATE SEQUENCE public.directus_notifications_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.directus_notifications_id_seq OWNED BY public.directus_notifications.id;
CREATE TABLE public.directus_operations (
    id uuid NOT NULL,
    name character varying(255),
    key character varying(255) NOT NULL,
    type character varying(255) NOT NULL,
    position_x integer NOT NULL,
    position_y integer NOT NULL,
    options json,
    resolve uuid,
    reject uuid,
    flow uuid NOT NULL,
    date_created timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    user_created uuid
);
CREATE TABLE public.directus_panels (
    id uuid NOT NULL,
    dashboard uuid NOT NULL,
    name character varying(255),
    icon character varying(64) DEFAULT NULL::character varying,
    color character varying(10),
    show_header boolean DEFAULT false NOT NULL,
    note text,
    type character varying(255) NOT NULL,
    position_x integer NOT NULL,
    position_y integer NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    options json,
    date_created timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    user_created uuid
);
CREATE TABLE public.directus_permissions (
    id integer NOT NULL,
    collection character varying(64) NOT NULL,
    action character varying(10) NOT NULL,
    permissions json,
    validation json,
    presets json,
    fields text,
    policy uuid NOT NULL
);
CREATE SEQUENCE public.directus_permissions_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.directus_permissions_id_seq OWNED BY public.directus_permissions.id;
CREATE TABLE public.directus_policies (
    id uuid NOT NULL,
    name character varying(100) NOT NULL,
    icon character varying(64) DEFAULT 'badge'::character varying NOT NULL,
    description text,
    ip_access text,
    enforce_tfa boolean DEFAULT false NOT NULL,
    admin_access boolean DEFAULT false NOT NULL,
    app_access boolean DEFAULT false NOT NULL
);
CREATE TABLE public.directus_presets (
    id integer NOT NULL,
    bookmark character varying(255),
    "user" uuid,
    role uuid,
    collection character varying(64),
    search character varying(100),
    layout character varying(100) DEFAULT 'tabular'::character varying,
    layout_query json,
    layout_options json,
    refresh_interval integer,
    filter json,
    icon character varying(64) DEFAULT 'bookmark'::character varying,
    color character varying(255)
);
CREATE SEQUENCE public.directus_presets_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.directus_presets_id_seq OWNED BY public.directus_presets.id;
CREATE TABLE public.directus_relations (
    id integer NOT NULL,
    many_collection character varying(64) NOT NULL,
    many_field character varying(64) NOT NULL,
    one_collection character varying(64),
    one_field character varying(64),
    one_collection_field character varying(64),
    one_allowed_collections text,
    junction_field character varying(64),
    sort_field character varying(64),
    one_deselect_action character varying(255) DEFAULT 'nullify'::character varying NOT NULL
);
CREATE SEQUENCE public.directus_relations_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.directus_relations_id_seq OWNED BY public.directus_relations.id;
CREATE TABLE public.directus_revisions (
    id integer NOT NULL,
    activity integer NOT NULL,
    collection character varying(64) NOT NULL,
    item character varying(255) NOT NULL,
    data json,
    delta json,
    parent integer,
    version uuid
);
CREATE SEQUENCE public.directus_revisions_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.directus_revisions_id_seq OWNED BY public.directus_revisions.id;
CREATE TABLE public.directus_roles (
    id uuid NOT NULL,
    name character varying(100) NOT NULL,
    icon character varying(64) DEFAULT 'supervised_user_circle'::character varying NOT NULL,
    description text,
    parent uuid
);
CREATE TABLE public.directus_sessions (
    token character varying(64) NOT NULL,
    "user" uuid,
    expires timestamp with time zone NOT NULL,
    ip character varying(255),
    user_agent text,
    share uuid,
    origin character varying(255),
    next_token character varying(64)
);
CREATE TABLE public.directus_settings (
    id integer NOT NULL,
    project_name character varying(100) DEFAULT 'Directus'::character varying NOT NULL,
    project_url character varying(255),
    project_color character varying(255) DEFAULT '#6644FF'::character varying NOT NULL,
    project_logo uuid,
    public_foreground uuid,
    public_background uuid,
    public_note text,
    auth_login_attempts integer DEFAULT 25,
    auth_password_policy character varying(100),
    storage_asset_transform character varying(7) DEFAULT 'all'::character varying,
    storage_asset_presets json,
    custom_css text,
    storage_default_folder uuid,
    basemaps json,
    mapbox_key character varying(255),
    module_bar json,
    project_descriptor character varying(100),
    default_language character varying(255) DEFAULT 'en-US'::character varying NOT NULL,
    custom_aspect_ratios json,
    public_favicon uuid,
    default_appearance character varying(255) DEFAULT 'auto'::character varying NOT NULL,
    default_theme_light character varying(255),
    theme_light_overrides json,
    default_theme_dark character varying(255),
    theme_dark_overrides json,
    report_error_url character varying(255),
    report_bug_url character varying(255),
    report_feature_url character varying(255),
    public_registration boolean DEFAULT false NOT NULL,
    public_registration_verify_email boolean DEFAULT true NOT NULL,
    public_registration_role uuid,
    public_registration_email_filter json,
    visual_editor_urls json,
    project_id uuid,
    mcp_enabled boolean DEFAULT false NOT NULL,
    mcp_allow_deletes boolean DEFAULT false NOT NULL,
    mcp_prompts_collection character varying(255) DEFAULT NULL::character varying,
    mcp_system_prompt_enabled boolean DEFAULT true NOT NULL,
    mcp_system_prompt text,
    project_owner character varying(255),
    project_usage character varying(255),
    org_name character varying(255),
    product_updates boolean,
    project_status character varying(255)
);
CREATE SEQUENCE public.directus_settings_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.directus_settings_id_seq OWNED BY public.directus_settings.id;
CREATE TABLE public.directus_shares (
    id uuid NOT NULL,
    name character varying(255),
    collection character varying(64) NOT NULL,
    item character varying(255) NOT NULL,
    role uuid,
    password character varying(255),
    user_created uuid,
    date_created timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    date_start timestamp with time zone,
    date_end timestamp with time zone,
    times_used integer DEFAULT 0,
    max_uses integer
);
CREATE TABLE public.directus_translations (
    id uuid NOT NULL,
    language character varying(255) NOT NULL,
    key character varying(255) NOT NULL,
    value text NOT NULL
);
CREATE TABLE public.directus_users (
    id uuid NOT NULL,
    first_name character varying(50),
    last_name character varying(50),
    email character varying(128),
    password character varying(255),
    location character varying(255),
    title character varying(50),
    description text,
    tags json,
    avatar uuid,
    language character varying(255) DEFAULT NULL::character varying,
    tfa_secret character varying(255),
    status character varying(16) DEFAULT 'active'::character varying NOT NULL,
    role uuid,
    token character varying(255),
    last_access timestamp with time zone,
    last_page character varying(255),
    provider character varying(128) DEFAULT 'default'::character varying NOT NULL,
    external_identifier character varying(255),
    auth_data json,
    email_notifications boolean DEFAULT true,
    appearance character varying(255),
    theme_dark character varying(255),
    theme_light character varying(255),
    theme_light_overrides json,
    theme_dark_overrides json,
    text_direction character varying(255) DEFAULT 'auto'::character varying NOT NULL
);
CREATE TABLE public.directus_versions (
    id uuid NOT NULL,
    key character varying(64) NOT NULL,
    name character varying(255),
    collection character varying(64) NOT NULL,
    item character varying(255) NOT NULL,
    hash character varying(255),
    date_created timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    date_updated timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    user_created uuid,
    user_updated uuid,
    delta json
);
CREATE TABLE public.directus_webhooks (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    method character varying(10) DEFAULT 'POST'::character varying NOT NULL,
    url character varying(255) NOT NULL,
    status character varying(10) DEFAULT 'active'::character varying NOT NULL,
    data boolean DEFAULT true NOT NULL,
    actions character varying(100) NOT NULL,
    collections character varying(255) NOT NULL,
    headers json,
    was_active_before_deprecation boolean DEFAULT false NOT NULL,
    migrated_flow uuid
);
CREATE SEQUENCE public.directus_webhooks_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.directus_webhooks_id_seq OWNED BY public.directus_webhooks.id;
CREATE TABLE public.entries (
    id uuid NOT NULL,
    event uuid NOT NULL,
    class uuid NOT NULL,
    vehicle uuid NOT NULL,
    team uuid,
    race_number integer,
    status character varying(32) DEFAULT 'registered'::character varying NOT NULL,
    date_created timestamp with time zone,
    date_updated timestamp with time zone
);
CREATE TABLE public.entry_crew (
    id uuid NOT NULL,
    entry uuid NOT NULL,
    "user" uuid NOT NULL,
    role character varying(32) DEFAULT 'driver'::character varying NOT NULL,
    date_created timestamp with time zone,
    date_updated timestamp with time zone
);
CREATE TABLE public.entry_devices (
    id uuid NOT NULL,
    entry uuid NOT NULL,
    device uuid NOT NULL,
    role character varying(32) DEFAULT 'primary'::character varying NOT NULL,
    date_created timestamp with time zone,
    date_updated timestamp with time zone
);
CREATE TABLE public.events (
    id uuid NOT NULL,
    organization uuid NOT NULL,
    name character varying(255) DEFAULT NULL::character varying NOT NULL,
    slug character varying(64) DEFAULT NULL::character varying NOT NULL,
    start_date date NOT NULL,
    end_date date NOT NULL,
    time_zone character varying(64) DEFAULT 'Europe/Tirane'::character varying NOT NULL,
    status character varying(32) DEFAULT 'draft'::character varying NOT NULL,
    date_created timestamp with time zone,
    date_updated timestamp with time zone
);
CREATE TABLE public.organization_devices (
    id uuid NOT NULL,
    organization uuid NOT NULL,
    device uuid NOT NULL,
    date_created timestamp with time zone,
    date_updated timestamp with time zone
);
CREATE TABLE public.organization_users (
    id uuid NOT NULL,
    organization uuid NOT NULL,
    "user" uuid NOT NULL,
    role character varying(32) DEFAULT 'member'::character varying NOT NULL,
    date_created timestamp with time zone,
    date_updated timestamp with time zone
);
CREATE TABLE public.organization_vehicles (
    id uuid NOT NULL,
    organization uuid NOT NULL,
    vehicle uuid NOT NULL,
    date_created timestamp with time zone,
    date_updated timestamp with time zone
);
CREATE TABLE public.organizations (
    id uuid NOT NULL,
    name character varying(255) DEFAULT NULL::character varying NOT NULL,
    slug character varying(64) DEFAULT NULL::character varying NOT NULL,
    country character varying(2) DEFAULT NULL::character varying,
    status character varying(32) DEFAULT 'active'::character varying NOT NULL,
    date_created timestamp with time zone,
    date_updated timestamp with time zone
);
CREATE TABLE public.users (
    id uuid NOT NULL,
    first_name character varying(100) DEFAULT NULL::character varying NOT NULL,
    last_name character varying(100) DEFAULT NULL::character varying NOT NULL,
    email character varying(255) DEFAULT NULL::character varying,
    phone character varying(32) DEFAULT NULL::character varying,
    nationality character varying(2) DEFAULT NULL::character varying,
    licence_number character varying(64) DEFAULT NULL::character varying,
    login uuid,
    date_created timestamp with time zone,
    date_updated timestamp with time zone
);
CREATE TABLE public.vehicles (
    id uuid NOT NULL,
    category character varying(32) DEFAULT NULL::character varying NOT NULL,
    year integer,
    make character varying(100) DEFAULT NULL::character varying NOT NULL,
    model character varying(100) DEFAULT NULL::character varying NOT NULL,
    plate character varying(20) DEFAULT NULL::character varying,
    date_created timestamp with time zone,
    date_updated timestamp with time zone
);
ALTER TABLE ONLY public.directus_activity ALTER COLUMN id SET DEFAULT nextval('public.directus_activity_id_seq'::regclass);
ALTER TABLE ONLY public.directus_fields ALTER COLUMN id SET DEFAULT nextval('public.directus_fields_id_seq'::regclass);
ALTER TABLE ONLY public.directus_notifications ALTER COLUMN id SET DEFAULT nextval('public.directus_notifications_id_seq'::regclass);
ALTER TABLE ONLY public.directus_permissions ALTER COLUMN id SET DEFAULT nextval('public.directus_permissions_id_seq'::regclass);
ALTER TABLE ONLY public.directus_presets ALTER COLUMN id SET DEFAULT nextval('public.directus_presets_id_seq'::regclass);
ALTER TABLE ONLY public.directus_relations ALTER COLUMN id SET DEFAULT nextval('public.directus_relations_id_seq'::regclass);
ALTER TABLE ONLY public.directus_revisions ALTER COLUMN id SET DEFAULT nextval('public.directus_revisions_id_seq'::regclass);
ALTER TABLE ONLY public.directus_settings ALTER COLUMN id SET DEFAULT nextval('public.directus_settings_id_seq'::regclass);
ALTER TABLE ONLY public.directus_webhooks ALTER COLUMN id SET DEFAULT nextval('public.directus_webhooks_id_seq'::regclass);
COPY public.classes (id, event, code, name, category, sort, date_created, date_updated) FROM stdin;
\.
COPY public.devices (id, imei, label, model, status, date_created, date_updated) FROM stdin;
\.
COPY public.directus_access (id, role, "user", policy, sort) FROM stdin;
e4d4af16-09fc-458d-aefa-c97fb8b39d96	\N	\N	abf8a154-5b1c-4a46-ac9c-7300570f4f17	1
b3e97b56-b588-44de-8b63-025dfa7bc735	b155a96c-87e5-43e6-a832-83abedcebc52	\N	58a438f0-8e87-4802-bf4b-e773702a2e09	\N
\.
COPY public.directus_activity (id, action, "user", "timestamp", ip, user_agent, collection, item, origin) FROM stdin;
\.
COPY public.directus_collections (collection, icon, note, display_template, hidden, singleton, translations, archive_field, archive_app_filter, archive_value, unarchive_value, sort_field, accountability, color, item_duplication_fields, sort, "group", collapse, preview_url, versioning) FROM stdin;
catalog_group	inventory_2	Who and what takes part, in any event	\N	f	f	[{"language":"en-US","plural":"Catalog","singular":"Catalog","translation":"Catalog"}]	\N	t	\N	\N	\N	all	\N	\N	1	\N	open	\N	f
devices	gps_fixed	GPS trackers	{{label}} {{imei}}	f	f	[{"language":"en-US","plural":"Devices","singular":"Device","translation":"Devices"}]	status	t	archived	active	\N	all	\N	\N	4	catalog_group	open	\N	f
organizations	corporate_fare	Clubs, teams and promoters	{{name}}	f	f	[{"language":"en-US","plural":"Organizations","singular":"Organization","translation":"Organizations"}]	status	t	archived	active	\N	all	\N	\N	1	catalog_group	open	\N	f
organization_devices	router	Which organization has which tracker	{{device.label}} {{organization.name}}	f	f	[{"language":"en-US","plural":"Organization devices","singular":"Organization device","translation":"Organization devices"}]	\N	t	\N	\N	\N	all	\N	\N	3	organizations	closed	\N	f
organization_users	group	Who acts for which organization	{{user.first_name}} {{user.last_name}} {{organization.name}}	f	f	[{"language":"en-US","plural":"Members","singular":"Member","translation":"Members"}]	\N	t	\N	\N	\N	all	\N	\N	1	organizations	closed	\N	f
organization_vehicles	garage	Which organization brings which vehicle	{{vehicle.make}} {{vehicle.model}} {{organization.name}}	f	f	[{"language":"en-US","plural":"Organization vehicles","singular":"Organization vehicle","translation":"Organization vehicles"}]	\N	t	\N	\N	\N	all	\N	\N	2	organizations	closed	\N	f
users	person	People: riders, drivers, crew, officials. A login is a separate thing and optional	{{first_name}} {{last_name}}	f	f	[{"language":"en-US","plural":"People","singular":"Person","translation":"People"}]	\N	t	\N	\N	\N	all	\N	\N	2	catalog_group	open	\N	f
vehicles	two_wheeler	Motorcycles, quads, cars and SSVs	{{make}} {{model}} {{plate}}	f	f	[{"language":"en-US","plural":"Vehicles","singular":"Vehicle","translation":"Vehicles"}]	\N	t	\N	\N	\N	all	\N	\N	3	catalog_group	open	\N	f
events_group	emoji_events	Rallies and who starts in them	\N	f	f	[{"language":"en-US","plural":"Events","singular":"Events","translation":"Events"}]	\N	t	\N	\N	\N	all	\N	\N	2	\N	open	\N	f
entries	sports_score	One vehicle with its crew in one class of one event	{{race_number}} {{class.code}} {{vehicle.make}} {{vehicle.model}}	f	f	[{"language":"en-US","plural":"Entries","singular":"Entry","translation":"Entries"}]	\N	t	\N	\N	\N	all	\N	\N	2	events_group	open	\N	f
entry_crew	groups	Who is on board, and as what	{{user.first_name}} {{user.last_name}} {{role}}	f	f	[{"language":"en-US","plural":"Crew","singular":"Crew member","translation":"Crew"}]	\N	t	\N	\N	\N	all	\N	\N	1	entries	closed	\N	f
entry_devices	share_location	Which trackers ride along	{{device.label}} {{role}}	f	f	[{"language":"en-US","plural":"Entry devices","singular":"Entry device","translation":"Entry devices"}]	\N	t	\N	\N	\N	all	\N	\N	2	entries	closed	\N	f
events	flag	Rallies	{{name}}	f	f	[{"language":"en-US","plural":"Events","singular":"Event","translation":"Events"}]	\N	t	\N	\N	\N	all	\N	\N	1	events_group	open	\N	f
classes	category	What is scored together within one event	{{code}} {{name}}	f	f	[{"language":"en-US","plural":"Classes","singular":"Class","translation":"Classes"}]	\N	t	\N	\N	sort	all	\N	\N	1	events	closed	\N	f
\.
COPY public.directus_comments (id, collection, item, comment, date_created, date_updated, user_created, user_updated) FROM stdin;
\.
COPY public.directus_dashboards (id, name, icon, note, date_created, user_created, color) FROM stdin;
\.
COPY public.directus_extensions (enabled, id, folder, source, bundle) FROM stdin;
\.
COPY public.directus_fields (id, collection, field, special, interface, options, display, display_options, readonly, hidden, sort, width, translations, note, conditions, required, "group", validation, validation_message, searchable) FROM stdin;
1	devices	id	uuid	input	\N	\N	\N	t	t	1	full	\N	\N	\N	f	\N	\N	\N	t
2	devices	imei	\N	input	{"iconLeft":"sim_card","trim":true}	\N	\N	f	f	2	half	[{"language":"en-US","translation":"IMEI"}]	15 digits; positions arrive under this number	\N	t	\N	{"_and":[{"imei":{"_regex":"^[0-9]{15}$"}}]}	Exactly 15 digits	t
3	devices	label	\N	input	{"iconLeft":"label","trim":true}	\N	\N	f	f	3	half	\N	What is written on the case	\N	t	\N	\N	\N	t
4	devices	model	\N	input	{"placeholder":"FMB920","trim":true}	\N	\N	f	f	4	half	\N	\N	\N	f	\N	\N	\N	t
5	devices	status	\N	select-dropdown	{"choices":[{"color":"#2ECDA7","text":"Active","value":"active"},{"color":"#FFC23B","text":"Faulty","value":"faulty"},{"color":"#A2B5CD","text":"Archived","value":"archived"}]}	labels	{"choices":[{"color":"#2ECDA7","text":"Active","value":"active"},{"color":"#FFC23B","text":"Faulty","value":"faulty"},{"color":"#A2B5CD","text":"Archived","value":"archived"}],"showAsDot":true}	f	f	5	half	\N	\N	\N	t	\N	\N	\N	t
6	devices	organizations	o2m	list-o2m	{"enableSelect":false,"template":"{{organization.name}}"}	related-values	{"template":"{{organization.name}}"}	f	f	6	full	\N	\N	\N	f	\N	\N	\N	t
7	devices	entries	o2m	list-o2m	{"enableSelect":false,"template":"{{entry.event.name}} {{entry.race_number}} ({{role}})"}	related-values	{"template":"{{entry.event.name}} {{entry.race_number}} ({{role}})"}	f	f	7	full	\N	\N	\N	f	\N	\N	\N	t
8	devices	date_created	date-created	datetime	\N	datetime	{"relative":true}	t	t	8	half	\N	\N	\N	f	\N	\N	\N	t
9	devices	date_updated	date-updated	datetime	\N	datetime	{"relative":true}	t	t	9	half	\N	\N	\N	f	\N	\N	\N	t
10	organizations	id	uuid	input	\N	\N	\N	t	t	1	full	\N	\N	\N	f	\N	\N	\N	t
11	organizations	name	\N	input	{"iconLeft":"corporate_fare","trim":true}	\N	\N	f	f	2	half	\N	As it appears on entry lists	\N	t	\N	\N	\N	t
12	organizations	slug	\N	input	{"iconLeft":"link","slug":true,"trim":true}	\N	\N	f	f	3	half	\N	Short name for links; unique among all organizations	\N	t	\N	{"_and":[{"slug":{"_regex":"^[a-z0-9]+(-[a-z0-9]+)*$"}}]}	Small letters, digits and hyphens, such as rally-albania-2026	t
13	organizations	country	\N	input	{"iconLeft":"flag","placeholder":"AL","trim":true}	\N	\N	f	f	4	half	\N	ISO 3166-1 alpha-2 code, such as AL	\N	f	\N	{"_and":[{"country":{"_regex":"^[A-Z]{2}$"}}]}	Two capital letters, such as AL	t
14	organizations	status	\N	select-dropdown	{"choices":[{"color":"#2ECDA7","text":"Active","value":"active"},{"color":"#A2B5CD","text":"Archived","value":"archived"}]}	labels	{"choices":[{"color":"#2ECDA7","text":"Active","value":"active"},{"color":"#A2B5CD","text":"Archived","value":"archived"}],"showAsDot":true}	f	f	5	half	\N	\N	\N	t	\N	\N	\N	t
15	organizations	members	o2m	list-o2m	{"enableSelect":false,"template":"{{user.first_name}} {{user.last_name}} ({{role}})"}	related-values	{"template":"{{user.first_name}} {{user.last_name}} ({{role}})"}	f	f	6	full	\N	People who act for this organization	\N	f	\N	\N	\N	t
16	organizations	vehicles	o2m	list-o2m	{"enableSelect":false,"template":"{{vehicle.make}} {{vehicle.model}} {{vehicle.plate}}"}	related-values	{"template":"{{vehicle.make}} {{vehicle.model}} {{vehicle.plate}}"}	f	f	7	full	\N	Vehicles this organization brings	\N	f	\N	\N	\N	t
17	organizations	devices	o2m	list-o2m	{"enableSelect":false,"template":"{{device.label}} {{device.imei}}"}	related-values	{"template":"{{device.label}} {{device.imei}}"}	f	f	8	full	\N	Trackers this organization owns or rents	\N	f	\N	\N	\N	t
18	organizations	events	o2m	list-o2m	{"enableSelect":false,"template":"{{name}} {{start_date}}"}	related-values	{"template":"{{name}} {{start_date}}"}	f	f	9	full	\N	Events it organizes	\N	f	\N	\N	\N	t
19	organizations	entries	o2m	list-o2m	{"enableSelect":false,"template":"{{event.name}} {{race_number}} {{class.code}}"}	related-values	{"template":"{{event.name}} {{race_number}} {{class.code}}"}	f	f	10	full	\N	Entries for which it is the team	\N	f	\N	\N	\N	t
20	organizations	date_created	date-created	datetime	\N	datetime	{"relative":true}	t	t	11	half	\N	\N	\N	f	\N	\N	\N	t
21	organizations	date_updated	date-updated	datetime	\N	datetime	{"relative":true}	t	t	12	half	\N	\N	\N	f	\N	\N	\N	t
22	organization_devices	id	uuid	input	\N	\N	\N	t	t	1	full	\N	\N	\N	f	\N	\N	\N	t
23	organization_devices	organization	m2o	select-dropdown-m2o	{"template":"{{name}}"}	related-values	{"template":"{{name}}"}	f	f	2	half	\N	\N	\N	t	\N	\N	\N	t
24	organization_devices	device	m2o	select-dropdown-m2o	{"template":"{{label}} {{imei}}"}	related-values	{"template":"{{label}} {{imei}}"}	f	f	3	half	\N	\N	\N	t	\N	\N	\N	t
25	organization_devices	date_created	date-created	datetime	\N	datetime	{"relative":true}	t	t	4	half	\N	\N	\N	f	\N	\N	\N	t
26	organization_devices	date_updated	date-updated	datetime	\N	datetime	{"relative":true}	t	t	5	half	\N	\N	\N	f	\N	\N	\N	t
27	organization_users	id	uuid	input	\N	\N	\N	t	t	1	full	\N	\N	\N	f	\N	\N	\N	t
28	organization_users	organization	m2o	select-dropdown-m2o	{"template":"{{name}}"}	related-values	{"template":"{{name}}"}	f	f	2	half	\N	\N	\N	t	\N	\N	\N	t
29	organization_users	user	m2o	select-dropdown-m2o	{"template":"{{first_name}} {{last_name}}"}	related-values	{"template":"{{first_name}} {{last_name}}"}	f	f	3	half	\N	\N	\N	t	\N	\N	\N	t
30	organization_users	role	\N	select-dropdown	{"choices":[{"text":"Owner","value":"owner"},{"text":"Manager","value":"manager"},{"text":"Member","value":"member"}]}	labels	{"choices":[{"text":"Owner","value":"owner"},{"text":"Manager","value":"manager"},{"text":"Member","value":"member"}],"showAsDot":true}	f	f	4	full	\N	\N	\N	t	\N	\N	\N	t
31	organization_users	date_created	date-created	datetime	\N	datetime	{"relative":true}	t	t	5	half	\N	\N	\N	f	\N	\N	\N	t
32	organization_users	date_updated	date-updated	datetime	\N	datetime	{"relative":true}	t	t	6	half	\N	\N	\N	f	\N	\N	\N	t
33	organization_vehicles	id	uuid	input	\N	\N	\N	t	t	1	full	\N	\N	\N	f	\N	\N	\N	t
34	organization_vehicles	organization	m2o	select-dropdown-m2o	{"template":"{{name}}"}	related-values	{"template":"{{name}}"}	f	f	2	half	\N	\N	\N	t	\N	\N	\N	t
35	organization_vehicles	vehicle	m2o	select-dropdown-m2o	{"template":"{{make}} {{model}} {{plate}}"}	related-values	{"template":"{{make}} {{model}} {{plate}}"}	f	f	3	half	\N	\N	\N	t	\N	\N	\N	t
36	organization_vehicles	date_created	date-created	datetime	\N	datetime	{"relative":true}	t	t	4	half	\N	\N	\N	f	\N	\N	\N	t
37	organization_vehicles	date_updated	date-updated	datetime	\N	datetime	{"relative":true}	t	t	5	half	\N	\N	\N	f	\N	\N	\N	t
38	users	id	uuid	input	\N	\N	\N	t	t	1	full	\N	\N	\N	f	\N	\N	\N	t
39	users	first_name	\N	input	{"iconLeft":"person","trim":true}	\N	\N	f	f	2	half	\N	\N	\N	t	\N	\N	\N	t
40	users	last_name	\N	input	{"trim":true}	\N	\N	f	f	3	half	\N	\N	\N	t	\N	\N	\N	t
41	users	email	\N	input	{"iconLeft":"mail","placeholder":"name@example.com","trim":true}	\N	\N	f	f	4	half	\N	\N	\N	f	\N	\N	\N	t
42	users	phone	\N	input	{"iconLeft":"phone","placeholder":"+355 …","trim":true}	\N	\N	f	f	5	half	\N	\N	\N	f	\N	\N	\N	t
43	users	nationality	\N	input	{"iconLeft":"flag","placeholder":"AL","trim":true}	\N	\N	f	f	6	half	\N	ISO 3166-1 alpha-2 code, such as AL	\N	f	\N	{"_and":[{"nationality":{"_regex":"^[A-Z]{2}$"}}]}	Two capital letters, such as AL	t
85	events	name	\N	input	{"placeholder":"Rally Albania 2026","trim":true}	\N	\N	f	f	3	half	\N	\N	\N	t	\N	\N	\N	t
44	users	licence_number	\N	input	{"iconLeft":"badge","trim":true}	\N	\N	f	f	7	half	\N	Of the national federation	\N	f	\N	\N	\N	t
45	users	login	m2o	select-dropdown-m2o	{"template":"{{first_name}} {{last_name}} {{email}}"}	user	\N	f	f	8	full	\N	The Directus login of this person, if there is one	\N	f	\N	\N	\N	t
46	users	organizations	o2m	list-o2m	{"enableSelect":false,"template":"{{organization.name}} ({{role}})"}	related-values	{"template":"{{organization.name}} ({{role}})"}	f	f	9	full	\N	\N	\N	f	\N	\N	\N	t
47	users	crews	o2m	list-o2m	{"enableSelect":false,"template":"{{entry.event.name}} {{entry.race_number}} ({{role}})"}	related-values	{"template":"{{entry.event.name}} {{entry.race_number}} ({{role}})"}	f	f	10	full	\N	Entries this person is on the crew of	\N	f	\N	\N	\N	t
48	users	date_created	date-created	datetime	\N	datetime	{"relative":true}	t	t	11	half	\N	\N	\N	f	\N	\N	\N	t
49	users	date_updated	date-updated	datetime	\N	datetime	{"relative":true}	t	t	12	half	\N	\N	\N	f	\N	\N	\N	t
50	vehicles	id	uuid	input	\N	\N	\N	t	t	1	full	\N	\N	\N	f	\N	\N	\N	t
51	vehicles	category	\N	select-dropdown	{"choices":[{"icon":"two_wheeler","text":"Motorcycle","value":"motorcycle"},{"icon":"agriculture","text":"Quad","value":"quad"},{"icon":"directions_car","text":"Car","value":"car"},{"icon":"airport_shuttle","text":"SSV","value":"ssv"}]}	labels	{"choices":[{"icon":"two_wheeler","text":"Motorcycle","value":"motorcycle"},{"icon":"agriculture","text":"Quad","value":"quad"},{"icon":"directions_car","text":"Car","value":"car"},{"icon":"airport_shuttle","text":"SSV","value":"ssv"}],"showAsDot":true}	f	f	2	half	\N	\N	\N	t	\N	\N	\N	t
52	vehicles	year	\N	input	{"iconLeft":"calendar_today","max":2100,"min":1900}	\N	\N	f	f	3	half	\N	Model year	\N	f	\N	\N	\N	t
53	vehicles	make	\N	input	{"placeholder":"KTM","trim":true}	\N	\N	f	f	4	half	\N	\N	\N	t	\N	\N	\N	t
54	vehicles	model	\N	input	{"placeholder":"450 Rally","trim":true}	\N	\N	f	f	5	half	\N	\N	\N	t	\N	\N	\N	t
55	vehicles	plate	\N	input	{"iconLeft":"pin","trim":true}	\N	\N	f	f	6	full	\N	Registration plate	\N	f	\N	\N	\N	t
56	vehicles	organizations	o2m	list-o2m	{"enableSelect":false,"template":"{{organization.name}}"}	related-values	{"template":"{{organization.name}}"}	f	f	7	full	\N	\N	\N	f	\N	\N	\N	t
57	vehicles	entries	o2m	list-o2m	{"enableSelect":false,"template":"{{event.name}} {{race_number}}"}	related-values	{"template":"{{event.name}} {{race_number}}"}	f	f	8	full	\N	\N	\N	f	\N	\N	\N	t
58	vehicles	date_created	date-created	datetime	\N	datetime	{"relative":true}	t	t	9	half	\N	\N	\N	f	\N	\N	\N	t
59	vehicles	date_updated	date-updated	datetime	\N	datetime	{"relative":true}	t	t	10	half	\N	\N	\N	f	\N	\N	\N	t
60	entries	id	uuid	input	\N	\N	\N	t	t	1	full	\N	\N	\N	f	\N	\N	\N	t
61	entries	event	m2o	select-dropdown-m2o	{"template":"{{name}}"}	related-values	{"template":"{{name}}"}	f	f	2	half	\N	\N	\N	t	\N	\N	\N	t
62	entries	class	m2o	select-dropdown-m2o	{"template":"{{code}} {{name}}"}	related-values	{"template":"{{code}} {{name}}"}	f	f	3	half	\N	\N	\N	t	\N	\N	\N	t
63	entries	vehicle	m2o	select-dropdown-m2o	{"template":"{{make}} {{model}} {{plate}}"}	related-values	{"template":"{{make}} {{model}} {{plate}}"}	f	f	4	half	\N	\N	\N	t	\N	\N	\N	t
64	entries	team	m2o	select-dropdown-m2o	{"template":"{{name}}"}	related-values	{"template":"{{name}}"}	f	f	5	half	\N	Leave empty for a private entry	\N	f	\N	\N	\N	t
65	entries	race_number	\N	input	{"iconLeft":"tag","min":1}	\N	\N	f	f	6	half	\N	Given by the organizer; unique within the event	\N	f	\N	\N	\N	t
66	entries	status	\N	select-dropdown	{"choices":[{"color":"#3399FF","text":"Registered","value":"registered"},{"color":"#2ECDA7","text":"Confirmed","value":"confirmed"},{"color":"#6644FF","text":"Started","value":"started"},{"color":"#18222F","text":"Finished","value":"finished"},{"color":"#FFC23B","text":"Retired","value":"retired"},{"color":"#A2B5CD","text":"Withdrawn","value":"withdrawn"}]}	labels	{"choices":[{"color":"#3399FF","text":"Registered","value":"registered"},{"color":"#2ECDA7","text":"Confirmed","value":"confirmed"},{"color":"#6644FF","text":"Started","value":"started"},{"color":"#18222F","text":"Finished","value":"finished"},{"color":"#FFC23B","text":"Retired","value":"retired"},{"color":"#A2B5CD","text":"Withdrawn","value":"withdrawn"}],"showAsDot":true}	f	f	7	half	\N	\N	\N	t	\N	\N	\N	t
67	entries	crew	o2m	list-o2m	{"enableSelect":false,"template":"{{user.first_name}} {{user.last_name}} ({{role}})"}	related-values	{"template":"{{user.first_name}} {{user.last_name}} ({{role}})"}	f	f	8	full	\N	\N	\N	f	\N	\N	\N	t
68	entries	devices	o2m	list-o2m	{"enableSelect":false,"template":"{{device.label}} {{device.imei}} ({{role}})"}	related-values	{"template":"{{device.label}} {{device.imei}} ({{role}})"}	f	f	9	full	\N	\N	\N	f	\N	\N	\N	t
69	entries	date_created	date-created	datetime	\N	datetime	{"relative":true}	t	t	10	half	\N	\N	\N	f	\N	\N	\N	t
70	entries	date_updated	date-updated	datetime	\N	datetime	{"relative":true}	t	t	11	half	\N	\N	\N	f	\N	\N	\N	t
71	entry_crew	id	uuid	input	\N	\N	\N	t	t	1	full	\N	\N	\N	f	\N	\N	\N	t
72	entry_crew	entry	m2o	select-dropdown-m2o	{"template":"{{event.name}} {{race_number}}"}	related-values	{"template":"{{event.name}} {{race_number}}"}	f	f	2	full	\N	\N	\N	t	\N	\N	\N	t
73	entry_crew	user	m2o	select-dropdown-m2o	{"template":"{{first_name}} {{last_name}}"}	related-values	{"template":"{{first_name}} {{last_name}}"}	f	f	3	half	\N	\N	\N	t	\N	\N	\N	t
74	entry_crew	role	\N	select-dropdown	{"choices":[{"text":"Driver / rider","value":"driver"},{"text":"Co-driver","value":"co_driver"},{"text":"Navigator","value":"navigator"},{"text":"Mechanic","value":"mechanic"}]}	labels	{"choices":[{"text":"Driver / rider","value":"driver"},{"text":"Co-driver","value":"co_driver"},{"text":"Navigator","value":"navigator"},{"text":"Mechanic","value":"mechanic"}],"showAsDot":true}	f	f	4	half	\N	\N	\N	t	\N	\N	\N	t
75	entry_crew	date_created	date-created	datetime	\N	datetime	{"relative":true}	t	t	5	half	\N	\N	\N	f	\N	\N	\N	t
76	entry_crew	date_updated	date-updated	datetime	\N	datetime	{"relative":true}	t	t	6	half	\N	\N	\N	f	\N	\N	\N	t
77	entry_devices	id	uuid	input	\N	\N	\N	t	t	1	full	\N	\N	\N	f	\N	\N	\N	t
78	entry_devices	entry	m2o	select-dropdown-m2o	{"template":"{{event.name}} {{race_number}}"}	related-values	{"template":"{{event.name}} {{race_number}}"}	f	f	2	full	\N	\N	\N	t	\N	\N	\N	t
79	entry_devices	device	m2o	select-dropdown-m2o	{"template":"{{label}} {{imei}}"}	related-values	{"template":"{{label}} {{imei}}"}	f	f	3	half	\N	\N	\N	t	\N	\N	\N	t
80	entry_devices	role	\N	select-dropdown	{"choices":[{"color":"#2ECDA7","text":"Primary","value":"primary"},{"color":"#FFC23B","text":"Backup","value":"backup"}]}	labels	{"choices":[{"color":"#2ECDA7","text":"Primary","value":"primary"},{"color":"#FFC23B","text":"Backup","value":"backup"}],"showAsDot":true}	f	f	4	half	\N	\N	\N	t	\N	\N	\N	t
81	entry_devices	date_created	date-created	datetime	\N	datetime	{"relative":true}	t	t	5	half	\N	\N	\N	f	\N	\N	\N	t
82	entry_devices	date_updated	date-updated	datetime	\N	datetime	{"relative":true}	t	t	6	half	\N	\N	\N	f	\N	\N	\N	t
83	events	id	uuid	input	\N	\N	\N	t	t	1	full	\N	\N	\N	f	\N	\N	\N	t
84	events	organization	m2o	select-dropdown-m2o	{"template":"{{name}}"}	related-values	{"template":"{{name}}"}	f	f	2	full	\N	Who organizes it	\N	t	\N	\N	\N	t
86	events	slug	\N	input	{"iconLeft":"link","slug":true,"trim":true}	\N	\N	f	f	4	half	\N	Short name for links; unique within its organization	\N	t	\N	{"_and":[{"slug":{"_regex":"^[a-z0-9]+(-[a-z0-9]+)*$"}}]}	Small letters, digits and hyphens, such as rally-albania-2026	t
87	events	start_date	\N	datetime	\N	datetime	\N	f	f	5	half	\N	\N	\N	t	\N	\N	\N	t
88	events	end_date	\N	datetime	\N	datetime	\N	f	f	6	half	\N	\N	\N	t	\N	\N	\N	t
89	events	time_zone	\N	input	{"iconLeft":"schedule","trim":true}	\N	\N	f	f	7	half	\N	IANA name; all times of the event are shown in it	\N	t	\N	\N	\N	t
90	events	status	\N	select-dropdown	{"choices":[{"color":"#A2B5CD","text":"Draft","value":"draft"},{"color":"#3399FF","text":"Open for entries","value":"open"},{"color":"#2ECDA7","text":"Running","value":"running"},{"color":"#6644FF","text":"Finished","value":"finished"},{"color":"#E35169","text":"Cancelled","value":"cancelled"}]}	labels	{"choices":[{"color":"#A2B5CD","text":"Draft","value":"draft"},{"color":"#3399FF","text":"Open for entries","value":"open"},{"color":"#2ECDA7","text":"Running","value":"running"},{"color":"#6644FF","text":"Finished","value":"finished"},{"color":"#E35169","text":"Cancelled","value":"cancelled"}],"showAsDot":true}	f	f	8	half	\N	\N	\N	t	\N	\N	\N	t
91	events	classes	o2m	list-o2m	{"enableSelect":false,"template":"{{code}} {{name}}"}	related-values	{"template":"{{code}} {{name}}"}	f	f	9	full	\N	\N	\N	f	\N	\N	\N	t
92	events	entries	o2m	list-o2m	{"enableSelect":false,"template":"{{race_number}} {{class.code}} {{vehicle.make}} {{vehicle.model}}"}	related-values	{"template":"{{race_number}} {{class.code}} {{vehicle.make}} {{vehicle.model}}"}	f	f	10	full	\N	\N	\N	f	\N	\N	\N	t
93	events	date_created	date-created	datetime	\N	datetime	{"relative":true}	t	t	11	half	\N	\N	\N	f	\N	\N	\N	t
94	events	date_updated	date-updated	datetime	\N	datetime	{"relative":true}	t	t	12	half	\N	\N	\N	f	\N	\N	\N	t
95	classes	id	uuid	input	\N	\N	\N	t	t	1	full	\N	\N	\N	f	\N	\N	\N	t
96	classes	event	m2o	select-dropdown-m2o	{"template":"{{name}}"}	related-values	{"template":"{{name}}"}	f	f	2	full	\N	\N	\N	t	\N	\N	\N	t
97	classes	code	\N	input	{"placeholder":"M-1","trim":true}	\N	\N	f	f	3	half	\N	\N	\N	t	\N	\N	\N	t
98	classes	name	\N	input	{"trim":true}	\N	\N	f	f	4	half	\N	Leave empty while only the code is known	\N	f	\N	\N	\N	t
99	classes	category	\N	select-dropdown	{"choices":[{"icon":"two_wheeler","text":"Motorcycle","value":"motorcycle"},{"icon":"agriculture","text":"Quad","value":"quad"},{"icon":"directions_car","text":"Car","value":"car"},{"icon":"airport_shuttle","text":"SSV","value":"ssv"}]}	labels	{"choices":[{"icon":"two_wheeler","text":"Motorcycle","value":"motorcycle"},{"icon":"agriculture","text":"Quad","value":"quad"},{"icon":"directions_car","text":"Car","value":"car"},{"icon":"airport_shuttle","text":"SSV","value":"ssv"}],"showAsDot":true}	f	f	5	half	\N	\N	\N	t	\N	\N	\N	t
100	classes	sort	\N	input	\N	\N	\N	f	t	6	half	\N	\N	\N	f	\N	\N	\N	t
101	classes	entries	o2m	list-o2m	{"enableSelect":false,"template":"{{race_number}} {{vehicle.make}} {{vehicle.model}}"}	related-values	{"template":"{{race_number}} {{vehicle.make}} {{vehicle.model}}"}	f	f	7	full	\N	\N	\N	f	\N	\N	\N	t
102	classes	date_created	date-created	datetime	\N	datetime	{"relative":true}	t	t	8	half	\N	\N	\N	f	\N	\N	\N	t
103	classes	date_updated	date-updated	datetime	\N	datetime	{"relative":true}	t	t	9	half	\N	\N	\N	f	\N	\N	\N	t
\.
COPY public.directus_files (id, storage, filename_disk, filename_download, title, type, folder, uploaded_by, created_on, modified_by, modified_on, charset, filesize, width, height, duration, embed, description, location, tags, metadata, focal_point_x, focal_point_y, tus_id, tus_data, uploaded_on) FROM stdin;
\.
COPY public.directus_flows (id, name, icon, color, description, status, trigger, accountability, options, operation, date_created, user_created) FROM stdin;
\.
COPY public.directus_folders (id, name, parent) FROM stdin;
\.
COPY public.directus_migrations (version, name, "timestamp") FROM stdin;
20201028A	Remove Collection Foreign Keys	2026-11-24 21:40:44.273092+00
20201029A	Remove System Relations	2026-11-24 21:40:44.284707+00
20201029B	Remove System Collections	2026-11-24 21:40:44.312229+00
20201029C	Remove System Fields	2026-11-24 21:40:44.333927+00
20201105A	Add Cascade System Relations	2026-11-24 21:40:44.435571+00
20201105B	Change Webhook URL Type	2026-11-24 21:40:44.454065+00
20210225A	Add Relations Sort Field	2026-11-24 21:40:44.472767+00
20210304A	Remove Locked Fields	2026-11-24 21:40:44.483445+00
20210312A	Webhooks Collections Text	2026-11-24 21:40:44.494313+00
20210331A	Add Refresh Interval	2026-11-24 21:40:44.502157+00
20210415A	Make Filesize Nullable	2026-11-24 21:40:44.523137+00
20210416A	Add Collections Accountability	2026-11-24 21:40:44.529576+00
20210422A	Remove Files Interface	2026-11-24 21:40:44.53394+00
20210506A	Rename Interfaces	2026-11-24 21:40:44.555407+00
20210510A	Restructure Relations	2026-11-24 21:40:44.583388+00
20210518A	Add Foreign Key Constraints	2026-11-24 21:40:44.592113+00
20210519A	Add System Fk Triggers	2026-11-24 21:40:44.631835+00
20210521A	Add Collections Icon Color	2026-11-24 21:40:44.644656+00
20210525A	Add Insights	2026-11-24 21:40:44.666841+00
20210608A	Add Deep Clone Config	2026-11-24 21:40:44.673897+00
20210626A	Change Filesize Bigint	2026-11-24 21:40:44.694579+00
20210716A	Add Conditions to Fields	2026-11-24 21:40:44.700465+00
20210721A	Add Default Folder	2026-11-24 21:40:44.713531+00
20210802A	Replace Groups	2026-11-24 21:40:44.719709+00
20210803A	Add Required to Fields	2026-11-24 21:40:44.728578+00
20210805A	Update Groups	2026-11-24 21:40:44.734152+00
20210805B	Change Image Metadata Structure	2026-11-24 21:40:44.740535+00
20210811A	Add Geometry Config	2026-11-24 21:40:44.744508+00
20210831A	Remove Limit Column	2026-11-24 21:40:44.74925+00
20210903A	Add Auth Provider	2026-11-24 21:40:44.789773+00
20210907A	Webhooks Collections Not Null	2026-11-24 21:40:44.809921+00
20210910A	Move Module Setup	2026-11-24 21:40:44.819604+00
20210920A	Webhooks URL Not Null	2026-11-24 21:40:44.83462+00
20210924A	Add Collection Organization	2026-11-24 21:40:44.850371+00
20210927A	Replace Fields Group	2026-11-24 21:40:44.859719+00
20210927B	Replace M2M Interface	2026-11-24 21:40:44.865049+00
20210929A	Rename Login Action	2026-11-24 21:40:44.869495+00
20211007A	Update Presets	2026-11-24 21:40:44.884631+00
20211009A	Add Auth Data	2026-11-24 21:40:44.889888+00
20211016A	Add Webhook Headers	2026-11-24 21:40:44.900546+00
20211103A	Set Unique to User Token	2026-11-24 21:40:44.908527+00
20211103B	Update Special Geometry	2026-11-24 21:40:44.913554+00
20211104A	Remove Collections Listing	2026-11-24 21:40:44.917714+00
20211118A	Add Notifications	2026-11-24 21:40:44.943862+00
20211211A	Add Shares	2026-11-24 21:40:44.98387+00
20211230A	Add Project Descriptor	2026-11-24 21:40:44.986141+00
20220303A	Remove Default Project Color	2026-11-24 21:40:45.005997+00
20220308A	Add Bookmark Icon and Color	2026-11-24 21:40:45.014123+00
20220314A	Add Translation Strings	2026-11-24 21:40:45.020542+00
20220322A	Rename Field Typecast Flags	2026-11-24 21:40:45.029199+00
20220323A	Add Field Validation	2026-11-24 21:40:45.034308+00
20220325A	Fix Typecast Flags	2026-11-24 21:40:45.046008+00
20220325B	Add Default Language	2026-11-24 21:40:45.069316+00
20220402A	Remove Default Value Panel Icon	2026-11-24 21:40:45.088672+00
20220429A	Add Flows	2026-11-24 21:40:45.18998+00
20220429B	Add Color to Insights Icon	2026-11-24 21:40:45.197691+00
20220429C	Drop Non Null From IP of Activity	2026-11-24 21:40:45.204226+00
20220429D	Drop Non Null From Sender of Notifications	2026-11-24 21:40:45.208563+00
20220614A	Rename Hook Trigger to Event	2026-11-24 21:40:45.220543+00
20220801A	Update Notifications Timestamp Column	2026-11-24 21:40:45.257691+00
20220802A	Add Custom Aspect Ratios	2026-11-24 21:40:45.273983+00
20220826A	Add Origin to Accountability	2026-11-24 21:40:45.285933+00
20230401A	Update Material Icons	2026-11-24 21:40:45.309102+00
20230525A	Add Preview Settings	2026-11-24 21:40:45.320618+00
20230526A	Migrate Translation Strings	2026-11-24 21:40:45.337964+00
20230721A	Require Shares Fields	2026-11-24 21:40:45.351799+00
20230823A	Add Content Versioning	2026-11-24 21:40:45.400839+00
20230927A	Themes	2026-11-24 21:40:45.464407+00
20231009A	Update CSV Fields to Text	2026-11-24 21:40:45.509864+00
20231009B	Update Panel Options	2026-11-24 21:40:45.51748+00
20231010A	Add Extensions	2026-11-24 21:40:45.56597+00
20231215A	Add Focalpoints	2026-11-24 21:40:45.575842+00
20240122A	Add Report URL Fields	2026-11-24 21:40:45.588854+00
20240204A	Marketplace	2026-11-24 21:40:45.64058+00
20240305A	Change Useragent Type	2026-11-24 21:40:45.677725+00
20240311A	Deprecate Webhooks	2026-11-24 21:40:45.708536+00
20240422A	Public Registration	2026-11-24 21:40:45.720756+00
20240515A	Add Session Window	2026-11-24 21:40:45.728342+00
20240701A	Add Tus Data	2026-11-24 21:40:45.740235+00
20240716A	Update Files Date Fields	2026-11-24 21:40:45.760617+00
20240806A	Permissions Policies	2026-11-24 21:40:45.828622+00
20240817A	Update Icon Fields Length	2026-11-24 21:40:45.88823+00
20240909A	Separate Comments	2026-11-24 21:40:45.92819+00
20240909B	Consolidate Content Versioning	2026-11-24 21:40:45.940671+00
20240924A	Migrate Legacy Comments	2026-11-24 21:40:45.960795+00
20240924B	Populate Versioning Deltas	2026-11-24 21:40:45.972565+00
20250224A	Visual Editor	2026-11-24 21:40:45.996514+00
20250609A	License Banner	2026-11-24 21:40:46.014034+00
20250613A	Add Project ID	2026-11-24 21:40:46.037679+00
20250718A	Add Direction	2026-11-24 21:40:46.040591+00
20250813A	Add MCP	2026-11-24 21:40:46.049634+00
20251012A	Add Field Searchable	2026-11-24 21:40:46.065317+00
20251014A	Add Project Owner	2026-11-24 21:40:46.131124+00
20251028A	Add Retention Indexes	2026-11-24 21:40:46.253206+00
\.
COPY public.directus_notifications (id, "timestamp", status, recipient, sender, subject, message, collection, item) FROM stdin;
\.
COPY public.directus_operations (id, name, key, type, position_x, position_y, options, resolve, reject, flow, date_created, user_created) FROM stdin;
\.
COPY public.directus_panels (id, dashboard, name, icon, color, show_header, note, type, position_x, position_y, width, height, options, date_created, user_created) FROM stdin;
\.
COPY public.directus_permissions (id, collection, action, permissions, validation, presets, fields, policy) FROM stdin;
\.
COPY public.directus_policies (id, name, icon, description, ip_access, enforce_tfa, admin_access, app_access) FROM stdin;
abf8a154-5b1c-4a46-ac9c-7300570f4f17	$t:public_label	public	$t:public_description	\N	f	f	f
58a438f0-8e87-4802-bf4b-e773702a2e09	Administrator	verified	$t:admin_description	\N	f	t	t
\.
COPY public.directus_presets (id, bookmark, "user", role, collection, search, layout, layout_query, layout_options, refresh_interval, filter, icon, color) FROM stdin;
\.
COPY public.directus_relations (id, many_collection, many_field, one_collection, one_field, one_collection_field, one_allowed_collections, junction_field, sort_field, one_deselect_action) FROM stdin;
1	classes	event	events	classes	\N	\N	\N	sort	delete
2	entries	class	classes	entries	\N	\N	\N	\N	nullify
3	entries	event	events	entries	\N	\N	\N	\N	nullify
4	entries	team	organizations	entries	\N	\N	\N	\N	nullify
5	entries	vehicle	vehicles	entries	\N	\N	\N	\N	nullify
6	entry_crew	entry	entries	crew	\N	\N	\N	\N	delete
7	entry_crew	user	users	crews	\N	\N	\N	\N	nullify
8	entry_devices	device	devices	entries	\N	\N	\N	\N	nullify
9	entry_devices	entry	entries	devices	\N	\N	\N	\N	delete
10	events	organization	organizations	events	\N	\N	\N	\N	nullify
11	organization_devices	device	devices	organizations	\N	\N	\N	\N	delete
12	organization_devices	organization	organizations	devices	\N	\N	\N	\N	delete
13	organization_users	organization	organizations	members	\N	\N	\N	\N	delete
14	organization_users	user	users	organizations	\N	\N	\N	\N	delete
15	organization_vehicles	organization	organizations	vehicles	\N	\N	\N	\N	delete
16	organization_vehicles	vehicle	vehicles	organizations	\N	\N	\N	\N	delete
17	users	login	directus_users	\N	\N	\N	\N	\N	nullify
\.
COPY public.directus_revisions (id, activity, collection, item, data, delta, parent, version) FROM stdin;
\.
COPY public.directus_roles (id, name, icon, description, parent) FROM stdin;
b155a96c-87e5-43e6-a832-83abedcebc52	Administrator	verified	$t:admin_description	\N
\.
COPY public.directus_sessions (token, "user", expires, ip, user_agent, share, origin, next_token) FROM stdin;
\.
COPY public.directus_settings (id, project_name, project_url, project_color, project_logo, public_foreground, public_background, public_note, auth_login_attempts, auth_password_policy, storage_asset_transform, storage_asset_presets, custom_css, storage_default_folder, basemaps, mapbox_key, module_bar, project_descriptor, default_language, custom_aspect_ratios, public_favicon, default_appearance, default_theme_light, theme_light_overrides, default_theme_dark, theme_dark_overrides, report_error_url, report_bug_url, report_feature_url, public_registration, public_registration_verify_email, public_registration_role, public_registration_email_filter, visual_editor_urls, project_id, mcp_enabled, mcp_allow_deletes, mcp_prompts_collection, mcp_system_prompt_enabled, mcp_system_prompt, project_owner, project_usage, org_name, product_updates, project_status) FROM stdin;
1	Directus	\N	#6644FF	\N	\N	\N	\N	25	\N	all	\N	\N	\N	\N	\N	\N	\N	en-US	\N	\N	auto	\N	\N	\N	\N	\N	\N	\N	f	t	\N	\N	\N	01a20f81-0f53-70e2-92db-16bebc13fb4c	f	f	\N	t	\N	\N	\N	\N	\N	\N
\.
COPY public.directus_shares (id, name, collection, item, role, password, user_created, date_created, date_start, date_end, times_used, max_uses) FROM stdin;
\.
COPY public.directus_translations (id, language, key, value) FROM stdin;
\.
COPY public.directus_users (id, first_name, last_name, email, password, location, title, description, tags, avatar, language, tfa_secret, status, role, token, last_access, last_page, provider, external_identifier, auth_data, email_notifications, appearance, theme_dark, theme_light, theme_light_overrides, theme_dark_overrides, text_direction) FROM stdin;
69e23379-e4f3-4a52-837f-3b24428598d9	Admin	User	admin@example.com	$argon2id$v=19$m=65536,t=3,p=4$M1cBW21Egrqdd17wUYORKg$8YsQdOSECUaXvC6pVMP6AXBCRnWvLSUtm4RbytWBxks	\N	\N	\N	\N	\N	\N	\N	active	b155a96c-87e5-43e6-a832-83abedcebc52	\N	\N	\N	default	\N	\N	t	\N	\N	\N	\N	\N	auto
\.
COPY public.directus_versions (id, key, name, collection, item, hash, date_created, date_updated, user_created, user_updated, delta) FROM stdin;
\.
COPY public.directus_webhooks (id, name, method, url, status, data, actions, collections, headers, was_active_before_deprecation, migrated_flow) FROM stdin;
\.
COPY public.entries (id, event, class, vehicle, team, race_number, status, date_created, date_updated) FROM stdin;
\.
COPY public.entry_crew (id, entry, "user", role, date_created, date_updated) FROM stdin;
\.
COPY public.entry_devices (id, entry, device, role, date_created, date_updated) FROM stdin;
\.
COPY public.events (id, organization, name, slug, start_date, end_date, time_zone, status, date_created, date_updated) FROM stdin;
\.
COPY public.organization_devices (id, organization, device, date_created, date_updated) FROM stdin;
\.
COPY public.organization_users (id, organization, "user", role, date_created, date_updated) FROM stdin;
\.
COPY public.organization_vehicles (id, organization, vehicle, date_created, date_updated) FROM stdin;
\.
COPY public.organizations (id, name, slug, country, status, date_created, date_updated) FROM stdin;
00000000-0000-4000-8000-000000000001	Test Club	test-club	\N	active	\N	\N
\.
COPY public.users (id, first_name, last_name, email, phone, nationality, licence_number, login, date_created, date_updated) FROM stdin;
\.
COPY public.vehicles (id, category, year, make, model, plate, date_created, date_updated) FROM stdin;
00000000-0000-4000-8000-000000000002	car	\N	Lada	Niva	\N	\N	\N
\.
SELECT pg_catalog.setval('public.directus_activity_id_seq', 1, false);
SELECT pg_catalog.setval('public.directus_fields_id_seq', 103, true);
SELECT pg_catalog.setval('public.directus_notifications_id_seq', 1, false);
SELECT pg_catalog.setval('public.directus_permissions_id_seq', 1, false);
SELECT pg_catalog.setval('public.directus_presets_id_seq', 1, false);
SELECT pg_catalog.setval('public.directus_relations_id_seq', 17, true);
SELECT pg_catalog.setval('public.directus_revisions_id_seq', 1, false);
SELECT pg_catalog.setval('public.directus_settings_id_seq', 1, true);
SELECT pg_catalog.setval('public.directus_webhooks_id_seq', 1, false);
ALTER TABLE ONLY public.classes
    ADD CONSTRAINT classes_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.devices
    ADD CONSTRAINT devices_imei_unique UNIQUE (imei);
ALTER TABLE ONLY public.devices
    ADD CONSTRAINT devices_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.directus_access
    ADD CONSTRAINT directus_access_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.directus_activity
    ADD CONSTRAINT directus_activity_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.directus_collections
    ADD CONSTRAINT directus_collections_pkey PRIMARY KEY (collection);
ALTER TABLE ONLY public.directus_comments
    ADD CONSTRAINT directus_comments_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.directus_dashboards
    ADD CONSTRAINT directus_dashboards_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.directus_extensions
    ADD CONSTRAINT directus_extensions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.directus_fields
    ADD CONSTRAINT directus_fields_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.directus_files
    ADD CONSTRAINT directus_files_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.directus_flows
    ADD CONSTRAINT directus_flows_operation_unique UNIQUE (operation);
ALTER TABLE ONLY public.directus_flows
    ADD CONSTRAINT directus_flows_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.directus_folders
    ADD CONSTRAINT directus_folders_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.directus_migrations
    ADD CONSTRAINT directus_migrations_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.directus_notifications
    ADD CONSTRAINT directus_notifications_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.directus_operations
    ADD CONSTRAINT directus_operations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.directus_operations
    ADD CONSTRAINT directus_operations_reject_unique UNIQUE (reject);
ALTER TABLE ONLY public.directus_operations
    ADD CONSTRAINT directus_operations_resolve_unique UNIQUE (resolve);
ALTER TABLE ONLY public.directus_panels
    ADD CONSTRAINT directus_panels_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.directus_permissions
    ADD CONSTRAINT directus_permissions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.directus_policies
    ADD CONSTRAINT directus_policies_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.directus_presets
    ADD CONSTRAINT directus_presets_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.directus_relations
    ADD CONSTRAINT directus_relations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.directus_revisions
    ADD CONSTRAINT directus_revisions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.directus_roles
    ADD CONSTRAINT directus_roles_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.directus_sessions
    ADD CONSTRAINT directus_sessions_pkey PRIMARY KEY (token);
ALTER TABLE ONLY public.directus_settings
    ADD CONSTRAINT directus_settings_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.directus_shares
    ADD CONSTRAINT directus_shares_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.directus_translations
    ADD CONSTRAINT directus_translations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.directus_users
    ADD CONSTRAINT directus_users_email_unique UNIQUE (email);
ALTER TABLE ONLY public.directus_users
    ADD CONSTRAINT directus_users_external_identifier_unique UNIQUE (external_identifier);
ALTER TABLE ONLY public.directus_users
    ADD CONSTRAINT directus_users_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.directus_users
    ADD CONSTRAINT directus_users_token_unique UNIQUE (token);
ALTER TABLE ONLY public.directus_versions
    ADD CONSTRAINT directus_versions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.directus_webhooks
    ADD CONSTRAINT directus_webhooks_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.entries
    ADD CONSTRAINT entries_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.entry_crew
    ADD CONSTRAINT entry_crew_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.entry_devices
    ADD CONSTRAINT entry_devices_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.organization_devices
    ADD CONSTRAINT organization_devices_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.organization_users
    ADD CONSTRAINT organization_users_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.organization_vehicles
    ADD CONSTRAINT organization_vehicles_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.organizations
    ADD CONSTRAINT organizations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.organizations
    ADD CONSTRAINT organizations_slug_unique UNIQUE (slug);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_login_unique UNIQUE (login);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.vehicles
    ADD CONSTRAINT vehicles_pkey PRIMARY KEY (id);
CREATE INDEX directus_activity_timestamp_index ON public.directus_activity USING btree ("timestamp");
CREATE INDEX directus_revisions_activity_index ON public.directus_revisions USING btree (activity);
CREATE INDEX directus_revisions_parent_index ON public.directus_revisions USING btree (parent);
CREATE INDEX entries_class_index ON public.entries USING btree (class);
CREATE INDEX entries_team_index ON public.entries USING btree (team);
CREATE INDEX entries_vehicle_index ON public.entries USING btree (vehicle);
CREATE INDEX entry_crew_user_index ON public.entry_crew USING btree ("user");
CREATE INDEX entry_devices_device_index ON public.entry_devices USING btree (device);
CREATE INDEX organization_devices_device_index ON public.organization_devices USING btree (device);
CREATE INDEX organization_users_user_index ON public.organization_users USING btree ("user");
CREATE INDEX organization_vehicles_vehicle_index ON public.organization_vehicles USING btree (vehicle);
ALTER TABLE ONLY public.classes
    ADD CONSTRAINT classes_event_foreign FOREIGN KEY (event) REFERENCES public.events(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.directus_access
    ADD CONSTRAINT directus_access_policy_foreign FOREIGN KEY (policy) REFERENCES public.directus_policies(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.directus_access
    ADD CONSTRAINT directus_access_role_foreign FOREIGN KEY (role) REFERENCES public.directus_roles(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.directus_access
    ADD CONSTRAINT directus_access_user_foreign FOREIGN KEY ("user") REFERENCES public.directus_users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.directus_collections
    ADD CONSTRAINT directus_collections_group_foreign FOREIGN KEY ("group") REFERENCES public.directus_collections(collection);
ALTER TABLE ONLY public.directus_comments
    ADD CONSTRAINT directus_comments_user_created_foreign FOREIGN KEY (user_created) REFERENCES public.directus_users(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.directus_comments
    ADD CONSTRAINT directus_comments_user_updated_foreign FOREIGN KEY (user_updated) REFERENCES public.directus_users(id);
ALTER TABLE ONLY public.directus_dashboards
    ADD CONSTRAINT directus_dashboards_user_created_foreign FOREIGN KEY (user_created) REFERENCES public.directus_users(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.directus_files
    ADD CONSTRAINT directus_files_folder_foreign FOREIGN KEY (folder) REFERENCES public.directus_folders(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.directus_files
    ADD CONSTRAINT directus_files_modified_by_foreign FOREIGN KEY (modified_by) REFERENCES public.directus_users(id);
ALTER TABLE ONLY public.directus_files
    ADD CONSTRAINT directus_files_uploaded_by_foreign FOREIGN KEY (uploaded_by) REFERENCES public.directus_users(id);
ALTER TABLE ONLY public.directus_flows
    ADD CONSTRAINT directus_flows_user_created_foreign FOREIGN KEY (user_created) REFERENCES public.directus_users(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.directus_folders
    ADD CONSTRAINT directus_folders_parent_foreign FOREIGN KEY (parent) REFERENCES public.directus_folders(id);
ALTER TABLE ONLY public.directus_notifications
    ADD CONSTRAINT directus_notifications_recipient_foreign FOREIGN KEY (recipient) REFERENCES public.directus_users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.directus_notifications
    ADD CONSTRAINT directus_notifications_sender_foreign FOREIGN KEY (sender) REFERENCES public.directus_users(id);
ALTER TABLE ONLY public.directus_operations
    ADD CONSTRAINT directus_operations_flow_foreign FOREIGN KEY (flow) REFERENCES public.directus_flows(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.directus_operations
    ADD CONSTRAINT directus_operations_reject_foreign FOREIGN KEY (reject) REFERENCES public.directus_operations(id);
ALTER TABLE ONLY public.directus_operations
    ADD CONSTRAINT directus_operations_resolve_foreign FOREIGN KEY (resolve) REFERENCES public.directus_operations(id);
ALTER TABLE ONLY public.directus_operations
    ADD CONSTRAINT directus_operations_user_created_foreign FOREIGN KEY (user_created) REFERENCES public.directus_users(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.directus_panels
    ADD CONSTRAINT directus_panels_dashboard_foreign FOREIGN KEY (dashboard) REFERENCES public.directus_dashboards(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.directus_panels
    ADD CONSTRAINT directus_panels_user_created_foreign FOREIGN KEY (user_created) REFERENCES public.directus_users(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.directus_permissions
    ADD CONSTRAINT directus_permissions_policy_foreign FOREIGN KEY (policy) REFERENCES public.directus_policies(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.directus_presets
    ADD CONSTRAINT directus_presets_role_foreign FOREIGN KEY (role) REFERENCES public.directus_roles(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.directus_presets
    ADD CONSTRAINT directus_presets_user_foreign FOREIGN KEY ("user") REFERENCES public.directus_users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.directus_revisions
    ADD CONSTRAINT directus_revisions_activity_foreign FOREIGN KEY (activity) REFERENCES public.directus_activity(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.directus_revisions
    ADD CONSTRAINT directus_revisions_parent_foreign FOREIGN KEY (parent) REFERENCES public.directus_revisions(id);
ALTER TABLE ONLY public.directus_revisions
    ADD CONSTRAINT directus_revisions_version_foreign FOREIGN KEY (version) REFERENCES public.directus_versions(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.directus_roles
    ADD CONSTRAINT directus_roles_parent_foreign FOREIGN KEY (parent) REFERENCES public.directus_roles(id);
ALTER TABLE ONLY public.directus_sessions
    ADD CONSTRAINT directus_sessions_share_foreign FOREIGN KEY (share) REFERENCES public.directus_shares(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.directus_sessions
    ADD CONSTRAINT directus_sessions_user_foreign FOREIGN KEY ("user") REFERENCES public.directus_users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.directus_settings
    ADD CONSTRAINT directus_settings_project_logo_foreign FOREIGN KEY (project_logo) REFERENCES public.directus_files(id);
ALTER TABLE ONLY public.directus_settings
    ADD CONSTRAINT directus_settings_public_background_foreign FOREIGN KEY (public_background) REFERENCES public.directus_files(id);
ALTER TABLE ONLY public.directus_settings
    ADD CONSTRAINT directus_settings_public_favicon_foreign FOREIGN KEY (public_favicon) REFERENCES public.directus_files(id);
ALTER TABLE ONLY public.directus_settings
    ADD CONSTRAINT directus_settings_public_foreground_foreign FOREIGN KEY (public_foreground) REFERENCES public.directus_files(id);
ALTER TABLE ONLY public.directus_settings
    ADD CONSTRAINT directus_settings_public_registration_role_foreign FOREIGN KEY (public_registration_role) REFERENCES public.directus_roles(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.directus_settings
    ADD CONSTRAINT directus_settings_storage_default_folder_foreign FOREIGN KEY (storage_default_folder) REFERENCES public.directus_folders(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.directus_shares
    ADD CONSTRAINT directus_shares_collection_foreign FOREIGN KEY (collection) REFERENCES public.directus_collections(collection) ON DELETE CASCADE;
ALTER TABLE ONLY public.directus_shares
    ADD CONSTRAINT directus_shares_role_foreign FOREIGN KEY (role) REFERENCES public.directus_roles(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.directus_shares
    ADD CONSTRAINT directus_shares_user_created_foreign FOREIGN KEY (user_created) REFERENCES public.directus_users(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.directus_users
    ADD CONSTRAINT directus_users_role_foreign FOREIGN KEY (role) REFERENCES public.directus_roles(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.directus_versions
    ADD CONSTRAINT directus_versions_collection_foreign FOREIGN KEY (collection) REFERENCES public.directus_collections(collection) ON DELETE CASCADE;
ALTER TABLE ONLY public.directus_versions
    ADD CONSTRAINT directus_versions_user_created_foreign FOREIGN KEY (user_created) REFERENCES public.directus_users(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.directus_versions
    ADD CONSTRAINT directus_versions_user_updated_foreign FOREIGN KEY (user_updated) REFERENCES public.directus_users(id);
ALTER TABLE ONLY public.directus_webhooks
    ADD CONSTRAINT directus_webhooks_migrated_flow_foreign FOREIGN KEY (migrated_flow) REFERENCES public.directus_flows(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.entries
    ADD CONSTRAINT entries_class_foreign FOREIGN KEY (class) REFERENCES public.classes(id) ON DELETE RESTRICT;
ALTER TABLE ONLY public.entries
    ADD CONSTRAINT entries_event_foreign FOREIGN KEY (event) REFERENCES public.events(id) ON DELETE RESTRICT;
ALTER TABLE ONLY public.entries
    ADD CONSTRAINT entries_team_foreign FOREIGN KEY (team) REFERENCES public.organizations(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.entries
    ADD CONSTRAINT entries_vehicle_foreign FOREIGN KEY (vehicle) REFERENCES public.vehicles(id) ON DELETE RESTRICT;
ALTER TABLE ONLY public.entry_crew
    ADD CONSTRAINT entry_crew_entry_foreign FOREIGN KEY (entry) REFERENCES public.entries(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.entry_crew
    ADD CONSTRAINT entry_crew_user_foreign FOREIGN KEY ("user") REFERENCES public.users(id) ON DELETE RESTRICT;
ALTER TABLE ONLY public.entry_devices
    ADD CONSTRAINT entry_devices_device_foreign FOREIGN KEY (device) REFERENCES public.devices(id) ON DELETE RESTRICT;
ALTER TABLE ONLY public.entry_devices
    ADD CONSTRAINT entry_devices_entry_foreign FOREIGN KEY (entry) REFERENCES public.entries(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_organization_foreign FOREIGN KEY (organization) REFERENCES public.organizations(id) ON DELETE RESTRICT;
ALTER TABLE ONLY public.organization_devices
    ADD CONSTRAINT organization_devices_device_foreign FOREIGN KEY (device) REFERENCES public.devices(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.organization_devices
    ADD CONSTRAINT organization_devices_organization_foreign FOREIGN KEY (organization) REFERENCES public.organizations(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.organization_users
    ADD CONSTRAINT organization_users_organization_foreign FOREIGN KEY (organization) REFERENCES public.organizations(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.organization_users
    ADD CONSTRAINT organization_users_user_foreign FOREIGN KEY ("user") REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.organization_vehicles
    ADD CONSTRAINT organization_vehicles_organization_foreign FOREIGN KEY (organization) REFERENCES public.organizations(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.organization_vehicles
    ADD CONSTRAINT organization_vehicles_vehicle_foreign FOREIGN KEY (vehicle) REFERENCES public.vehicles(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_login_foreign FOREIGN KEY (login) REFERENCES public.directus_users(id) ON DELETE SET NULL;
