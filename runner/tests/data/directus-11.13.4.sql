CREATE TABLE public.beds (
    id uuid NOT NULL,
    season uuid NOT NULL,
    code character varying(16) DEFAULT NULL::character varying NOT NULL,
    name character varying(100) DEFAULT NULL::character varying,
    category character varying(32) DEFAULT NULL::character varying NOT NULL,
    sort integer,
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
CREATE TABLE public.gardens (
    id uuid NOT NULL,
    name character varying(255) DEFAULT NULL::character varying NOT NULL,
    slug character varying(64) DEFAULT NULL::character varying NOT NULL,
    country character varying(2) DEFAULT NULL::character varying,
    status character varying(32) DEFAULT 'active'::character varying NOT NULL,
    date_created timestamp with time zone,
    date_updated timestamp with time zone
);
CREATE TABLE public.planting_sensors (
    id uuid NOT NULL,
    planting uuid NOT NULL,
    sensor uuid NOT NULL,
    role character varying(32) DEFAULT 'primary'::character varying NOT NULL,
    date_created timestamp with time zone,
    date_updated timestamp with time zone
);
CREATE TABLE public.plantings (
    id uuid NOT NULL,
    season uuid NOT NULL,
    number integer,
    bed uuid NOT NULL,
    plant uuid NOT NULL,
    status character varying(32) DEFAULT 'planned'::character varying NOT NULL,
    date_created timestamp with time zone,
    date_updated timestamp with time zone
);
CREATE TABLE public.plants (
    id uuid NOT NULL,
    category character varying(32) DEFAULT NULL::character varying NOT NULL,
    tag character varying(20) DEFAULT NULL::character varying,
    genus character varying(100) DEFAULT NULL::character varying NOT NULL,
    species character varying(100) DEFAULT NULL::character varying NOT NULL,
    date_created timestamp with time zone,
    date_updated timestamp with time zone
);
CREATE TABLE public.seasons (
    id uuid NOT NULL,
    garden uuid NOT NULL,
    name character varying(255) DEFAULT NULL::character varying NOT NULL,
    slug character varying(64) DEFAULT NULL::character varying NOT NULL,
    start_date date NOT NULL,
    end_date date NOT NULL,
    date_created timestamp with time zone,
    date_updated timestamp with time zone
);
CREATE TABLE public.sensors (
    id uuid NOT NULL,
    serial character varying(15) DEFAULT NULL::character varying NOT NULL,
    label character varying(64) DEFAULT NULL::character varying NOT NULL,
    status character varying(32) DEFAULT 'active'::character varying NOT NULL,
    keeper uuid,
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
COPY public.beds (id, season, code, name, category, sort, date_created, date_updated) FROM stdin;
\.
COPY public.directus_access (id, role, "user", policy, sort) FROM stdin;
8482d4b1-f0e1-4b91-bf21-948fcd7c35bb	\N	\N	abf8a154-5b1c-4a46-ac9c-7300570f4f17	1
ee19e2a8-dec3-46e8-93e3-9baa9e65d912	006e2c05-363f-45c7-aa2c-7590136c8c88	\N	fdfa38b8-577b-46ac-9b16-c4dc851ec4b1	\N
\.
COPY public.directus_activity (id, action, "user", "timestamp", ip, user_agent, collection, item, origin) FROM stdin;
\.
COPY public.directus_collections (collection, icon, note, display_template, hidden, singleton, translations, archive_field, archive_app_filter, archive_value, unarchive_value, sort_field, accountability, color, item_duplication_fields, sort, "group", collapse, preview_url, versioning) FROM stdin;
catalog_group	inventory_2	What there is, in any season	\N	f	f	[{"language":"en-US","plural":"Catalog","singular":"Catalog","translation":"Catalog"}]	\N	t	\N	\N	\N	all	\N	\N	1	\N	open	\N	f
gardens	yard	Where things grow	{{name}}	f	f	[{"language":"en-US","plural":"Gardens","singular":"Garden","translation":"Gardens"}]	status	t	archived	active	\N	all	\N	\N	1	catalog_group	open	\N	f
plants	potted_plant	Herbs, shrubs and trees	{{genus}} {{species}} {{tag}}	f	f	[{"language":"en-US","plural":"Plants","singular":"Plant","translation":"Plants"}]	\N	t	\N	\N	\N	all	\N	\N	2	catalog_group	open	\N	f
sensors	sensors	What measures the soil	{{label}} {{serial}}	f	f	[{"language":"en-US","plural":"Sensors","singular":"Sensor","translation":"Sensors"}]	status	t	archived	active	\N	all	\N	\N	3	catalog_group	open	\N	f
seasons_group	calendar_month	What happens in one season	\N	f	f	[{"language":"en-US","plural":"Growing","singular":"Growing","translation":"Growing"}]	\N	t	\N	\N	\N	all	\N	\N	2	\N	open	\N	f
plantings	compost	One plant in one bed of one season	{{number}} {{bed.code}} {{plant.genus}} {{plant.species}}	f	f	[{"language":"en-US","plural":"Plantings","singular":"Planting","translation":"Plantings"}]	\N	t	\N	\N	\N	all	\N	\N	2	seasons_group	open	\N	f
planting_sensors	device_thermostat	Which sensors stand beside it, and as what	{{sensor.label}} {{role}}	f	f	[{"language":"en-US","plural":"Planting sensors","singular":"Planting sensor","translation":"Planting sensors"}]	\N	t	\N	\N	\N	all	\N	\N	1	plantings	closed	\N	f
seasons	event	One year in one garden	{{name}}	f	f	[{"language":"en-US","plural":"Seasons","singular":"Season","translation":"Seasons"}]	\N	t	\N	\N	\N	all	\N	\N	1	seasons_group	open	\N	f
beds	grid_view	What is planted together within one season	{{code}}	f	f	[{"language":"en-US","plural":"Beds","singular":"Bed","translation":"Beds"}]	\N	t	\N	\N	sort	all	\N	\N	1	seasons	closed	\N	f
\.
COPY public.directus_comments (id, collection, item, comment, date_created, date_updated, user_created, user_updated) FROM stdin;
\.
COPY public.directus_dashboards (id, name, icon, note, date_created, user_created, color) FROM stdin;
\.
COPY public.directus_extensions (enabled, id, folder, source, bundle) FROM stdin;
\.
COPY public.directus_fields (id, collection, field, special, interface, options, display, display_options, readonly, hidden, sort, width, translations, note, conditions, required, "group", validation, validation_message, searchable) FROM stdin;
1	gardens	id	uuid	input	\N	\N	\N	t	t	1	full	\N	\N	\N	f	\N	\N	\N	t
2	gardens	name	\N	input	{"trim":true}	\N	\N	f	f	2	half	\N	\N	\N	t	\N	\N	\N	t
3	gardens	slug	\N	input	{"iconLeft":"link","slug":true,"trim":true}	\N	\N	f	f	3	half	\N	Short name for links; unique among all gardens	\N	t	\N	{"_and":[{"slug":{"_regex":"^[a-z0-9]+(-[a-z0-9]+)*$"}}]}	Small letters, digits and single hyphens	t
4	gardens	country	\N	input	{"trim":true}	\N	\N	f	f	4	half	\N	ISO 3166-1 alpha-2 code	\N	f	\N	{"_and":[{"country":{"_regex":"^[A-Z]{2}$"}}]}	Two capital letters	t
5	gardens	status	\N	select-dropdown	{"choices":[{"text":"Active","value":"active"},{"text":"Archived","value":"archived"}]}	labels	{"choices":[{"text":"Active","value":"active"},{"text":"Archived","value":"archived"}]}	f	f	5	half	\N	\N	\N	t	\N	\N	\N	t
6	gardens	seasons	o2m	list-o2m	{"enableSelect":false,"template":"{{name}} {{start_date}}"}	related-values	{"template":"{{name}} {{start_date}}"}	f	f	6	full	\N	\N	\N	f	\N	\N	\N	t
7	gardens	date_created	date-created	datetime	\N	datetime	{"relative":true}	t	t	7	half	\N	\N	\N	f	\N	\N	\N	t
8	gardens	date_updated	date-updated	datetime	\N	datetime	{"relative":true}	t	t	8	half	\N	\N	\N	f	\N	\N	\N	t
9	plants	id	uuid	input	\N	\N	\N	t	t	1	full	\N	\N	\N	f	\N	\N	\N	t
10	plants	category	\N	select-dropdown	{"choices":[{"text":"Herb","value":"herb"},{"text":"Shrub","value":"shrub"},{"text":"Tree","value":"tree"}]}	labels	{"choices":[{"text":"Herb","value":"herb"},{"text":"Shrub","value":"shrub"},{"text":"Tree","value":"tree"}]}	f	f	2	half	\N	\N	\N	t	\N	\N	\N	t
11	plants	tag	\N	input	{"iconLeft":"label","trim":true}	\N	\N	f	f	3	half	\N	As written on its tag	\N	f	\N	\N	\N	t
12	plants	genus	\N	input	{"trim":true}	\N	\N	f	f	4	half	\N	\N	\N	t	\N	\N	\N	t
13	plants	species	\N	input	{"trim":true}	\N	\N	f	f	5	half	\N	\N	\N	t	\N	\N	\N	t
14	plants	plantings	o2m	list-o2m	{"enableSelect":false,"template":"{{season.name}} {{number}}"}	related-values	{"template":"{{season.name}} {{number}}"}	f	f	6	full	\N	\N	\N	f	\N	\N	\N	t
15	plants	date_created	date-created	datetime	\N	datetime	{"relative":true}	t	t	7	half	\N	\N	\N	f	\N	\N	\N	t
16	plants	date_updated	date-updated	datetime	\N	datetime	{"relative":true}	t	t	8	half	\N	\N	\N	f	\N	\N	\N	t
17	sensors	id	uuid	input	\N	\N	\N	t	t	1	full	\N	\N	\N	f	\N	\N	\N	t
18	sensors	serial	\N	input	{"trim":true}	\N	\N	f	f	2	half	[{"language":"en-US","translation":"Serial number"}]	15 digits; readings arrive under this number	\N	t	\N	{"_and":[{"serial":{"_regex":"^[0-9]{15}$"}}]}	Exactly 15 digits	t
19	sensors	label	\N	input	{"trim":true}	\N	\N	f	f	3	half	\N	\N	\N	t	\N	\N	\N	t
20	sensors	status	\N	select-dropdown	{"choices":[{"text":"Active","value":"active"},{"text":"Faulty","value":"faulty"},{"text":"Archived","value":"archived"}]}	labels	{"choices":[{"text":"Active","value":"active"},{"text":"Faulty","value":"faulty"},{"text":"Archived","value":"archived"}]}	f	f	4	half	\N	\N	\N	t	\N	\N	\N	t
21	sensors	keeper	m2o	select-dropdown-m2o	{"template":"{{first_name}} {{last_name}}"}	related-values	{"template":"{{first_name}} {{last_name}}"}	f	f	5	half	\N	Whoever looks after it	\N	f	\N	\N	\N	t
22	sensors	plantings	o2m	list-o2m	{"enableSelect":false,"template":"{{planting.number}}"}	related-values	{"template":"{{planting.number}}"}	f	f	6	full	\N	\N	\N	f	\N	\N	\N	t
23	sensors	date_created	date-created	datetime	\N	datetime	{"relative":true}	t	t	7	half	\N	\N	\N	f	\N	\N	\N	t
24	sensors	date_updated	date-updated	datetime	\N	datetime	{"relative":true}	t	t	8	half	\N	\N	\N	f	\N	\N	\N	t
25	plantings	id	uuid	input	\N	\N	\N	t	t	1	full	\N	\N	\N	f	\N	\N	\N	t
26	plantings	season	m2o	select-dropdown-m2o	{"template":"{{name}}"}	related-values	{"template":"{{name}}"}	f	f	2	half	\N	\N	\N	t	\N	\N	\N	t
27	plantings	number	\N	input	\N	\N	\N	f	f	3	half	\N	Given late; unique within its season	\N	f	\N	\N	\N	t
28	plantings	bed	m2o	select-dropdown-m2o	{"template":"{{code}}"}	related-values	{"template":"{{code}}"}	f	f	4	half	\N	\N	\N	t	\N	\N	\N	t
29	plantings	plant	m2o	select-dropdown-m2o	{"template":"{{genus}} {{species}} {{tag}}"}	related-values	{"template":"{{genus}} {{species}} {{tag}}"}	f	f	5	half	\N	\N	\N	t	\N	\N	\N	t
30	plantings	status	\N	select-dropdown	{"choices":[{"text":"Planned","value":"planned"},{"text":"Growing","value":"growing"},{"text":"Removed","value":"removed"}]}	labels	{"choices":[{"text":"Planned","value":"planned"},{"text":"Growing","value":"growing"},{"text":"Removed","value":"removed"}]}	f	f	6	half	\N	\N	\N	t	\N	\N	\N	t
31	plantings	sensors	o2m	list-o2m	{"enableSelect":false,"template":"{{sensor.label}} ({{role}})"}	related-values	{"template":"{{sensor.label}} ({{role}})"}	f	f	7	full	\N	\N	\N	f	\N	\N	\N	t
32	plantings	date_created	date-created	datetime	\N	datetime	{"relative":true}	t	t	8	half	\N	\N	\N	f	\N	\N	\N	t
33	plantings	date_updated	date-updated	datetime	\N	datetime	{"relative":true}	t	t	9	half	\N	\N	\N	f	\N	\N	\N	t
34	planting_sensors	id	uuid	input	\N	\N	\N	t	t	1	full	\N	\N	\N	f	\N	\N	\N	t
35	planting_sensors	planting	m2o	select-dropdown-m2o	{"template":"{{number}}"}	related-values	{"template":"{{number}}"}	f	f	2	half	\N	\N	\N	t	\N	\N	\N	t
36	planting_sensors	sensor	m2o	select-dropdown-m2o	{"template":"{{label}} {{serial}}"}	related-values	{"template":"{{label}} {{serial}}"}	f	f	3	half	\N	\N	\N	t	\N	\N	\N	t
37	planting_sensors	role	\N	select-dropdown	{"choices":[{"text":"Primary","value":"primary"},{"text":"Backup","value":"backup"}]}	labels	{"choices":[{"text":"Primary","value":"primary"},{"text":"Backup","value":"backup"}]}	f	f	4	half	\N	\N	\N	t	\N	\N	\N	t
38	planting_sensors	date_created	date-created	datetime	\N	datetime	{"relative":true}	t	t	5	half	\N	\N	\N	f	\N	\N	\N	t
39	planting_sensors	date_updated	date-updated	datetime	\N	datetime	{"relative":true}	t	t	6	half	\N	\N	\N	f	\N	\N	\N	t
40	seasons	id	uuid	input	\N	\N	\N	t	t	1	full	\N	\N	\N	f	\N	\N	\N	t
41	seasons	garden	m2o	select-dropdown-m2o	{"template":"{{name}}"}	related-values	{"template":"{{name}}"}	f	f	2	half	\N	\N	\N	t	\N	\N	\N	t
42	seasons	name	\N	input	{"trim":true}	\N	\N	f	f	3	half	\N	\N	\N	t	\N	\N	\N	t
43	seasons	slug	\N	input	{"trim":true}	\N	\N	f	f	4	half	\N	Unique within its garden	\N	t	\N	{"_and":[{"slug":{"_regex":"^[a-z0-9]+(-[a-z0-9]+)*$"}}]}	Small letters, digits and single hyphens	t
44	seasons	start_date	\N	datetime	\N	\N	\N	f	f	5	half	\N	\N	\N	t	\N	\N	\N	t
45	seasons	end_date	\N	datetime	\N	\N	\N	f	f	6	half	\N	\N	\N	t	\N	\N	\N	t
46	seasons	beds	o2m	list-o2m	{"enableSelect":false,"template":"{{code}} {{name}}"}	related-values	{"template":"{{code}} {{name}}"}	f	f	7	full	\N	\N	\N	f	\N	\N	\N	t
47	seasons	plantings	o2m	list-o2m	{"enableSelect":false,"template":"{{number}} {{plant.genus}}"}	related-values	{"template":"{{number}} {{plant.genus}}"}	f	f	8	full	\N	\N	\N	f	\N	\N	\N	t
48	seasons	date_created	date-created	datetime	\N	datetime	{"relative":true}	t	t	9	half	\N	\N	\N	f	\N	\N	\N	t
49	seasons	date_updated	date-updated	datetime	\N	datetime	{"relative":true}	t	t	10	half	\N	\N	\N	f	\N	\N	\N	t
50	beds	id	uuid	input	\N	\N	\N	t	t	1	full	\N	\N	\N	f	\N	\N	\N	t
51	beds	season	m2o	select-dropdown-m2o	{"template":"{{name}}"}	related-values	{"template":"{{name}}"}	f	f	2	half	\N	\N	\N	t	\N	\N	\N	t
52	beds	code	\N	input	{"trim":true}	\N	\N	f	f	3	half	\N	Unique within its season	\N	t	\N	\N	\N	t
53	beds	name	\N	input	{"trim":true}	\N	\N	f	f	4	half	\N	Leave empty while only the code is known	\N	f	\N	\N	\N	t
54	beds	category	\N	select-dropdown	{"choices":[{"text":"Herb","value":"herb"},{"text":"Shrub","value":"shrub"},{"text":"Tree","value":"tree"}]}	labels	{"choices":[{"text":"Herb","value":"herb"},{"text":"Shrub","value":"shrub"},{"text":"Tree","value":"tree"}]}	f	f	5	half	\N	\N	\N	t	\N	\N	\N	t
55	beds	sort	\N	input	\N	\N	\N	f	t	6	half	\N	\N	\N	f	\N	\N	\N	t
56	beds	plantings	o2m	list-o2m	{"enableSelect":false,"template":"{{number}} {{plant.genus}}"}	related-values	{"template":"{{number}} {{plant.genus}}"}	f	f	7	full	\N	\N	\N	f	\N	\N	\N	t
57	beds	date_created	date-created	datetime	\N	datetime	{"relative":true}	t	t	8	half	\N	\N	\N	f	\N	\N	\N	t
58	beds	date_updated	date-updated	datetime	\N	datetime	{"relative":true}	t	t	9	half	\N	\N	\N	f	\N	\N	\N	t
\.
COPY public.directus_files (id, storage, filename_disk, filename_download, title, type, folder, uploaded_by, created_on, modified_by, modified_on, charset, filesize, width, height, duration, embed, description, location, tags, metadata, focal_point_x, focal_point_y, tus_id, tus_data, uploaded_on) FROM stdin;
\.
COPY public.directus_flows (id, name, icon, color, description, status, trigger, accountability, options, operation, date_created, user_created) FROM stdin;
\.
COPY public.directus_folders (id, name, parent) FROM stdin;
\.
COPY public.directus_migrations (version, name, "timestamp") FROM stdin;
20201028A	Remove Collection Foreign Keys	2026-11-25 16:14:59.069566+00
20201029A	Remove System Relations	2026-11-25 16:14:59.110657+00
20201029B	Remove System Collections	2026-11-25 16:14:59.126629+00
20201029C	Remove System Fields	2026-11-25 16:14:59.15465+00
20201105A	Add Cascade System Relations	2026-11-25 16:14:59.227594+00
20201105B	Change Webhook URL Type	2026-11-25 16:14:59.256554+00
20210225A	Add Relations Sort Field	2026-11-25 16:14:59.281051+00
20210304A	Remove Locked Fields	2026-11-25 16:14:59.306643+00
20210312A	Webhooks Collections Text	2026-11-25 16:14:59.346636+00
20210331A	Add Refresh Interval	2026-11-25 16:14:59.364634+00
20210415A	Make Filesize Nullable	2026-11-25 16:14:59.402214+00
20210416A	Add Collections Accountability	2026-11-25 16:14:59.450706+00
20210422A	Remove Files Interface	2026-11-25 16:14:59.489553+00
20210506A	Rename Interfaces	2026-11-25 16:14:59.532522+00
20210510A	Restructure Relations	2026-11-25 16:14:59.560071+00
20210518A	Add Foreign Key Constraints	2026-11-25 16:14:59.573296+00
20210519A	Add System Fk Triggers	2026-11-25 16:14:59.633578+00
20210521A	Add Collections Icon Color	2026-11-25 16:14:59.636019+00
20210525A	Add Insights	2026-11-25 16:14:59.665196+00
20210608A	Add Deep Clone Config	2026-11-25 16:14:59.671032+00
20210626A	Change Filesize Bigint	2026-11-25 16:14:59.711551+00
20210716A	Add Conditions to Fields	2026-11-25 16:14:59.723276+00
20210721A	Add Default Folder	2026-11-25 16:14:59.743347+00
20210802A	Replace Groups	2026-11-25 16:14:59.759028+00
20210803A	Add Required to Fields	2026-11-25 16:14:59.766974+00
20210805A	Update Groups	2026-11-25 16:14:59.77902+00
20210805B	Change Image Metadata Structure	2026-11-25 16:14:59.78777+00
20210811A	Add Geometry Config	2026-11-25 16:14:59.803154+00
20210831A	Remove Limit Column	2026-11-25 16:14:59.806205+00
20210903A	Add Auth Provider	2026-11-25 16:14:59.839069+00
20210907A	Webhooks Collections Not Null	2026-11-25 16:14:59.85952+00
20210910A	Move Module Setup	2026-11-25 16:14:59.870655+00
20210920A	Webhooks URL Not Null	2026-11-25 16:14:59.896589+00
20210924A	Add Collection Organization	2026-11-25 16:14:59.955423+00
20210927A	Replace Fields Group	2026-11-25 16:14:59.978719+00
20210927B	Replace M2M Interface	2026-11-25 16:14:59.981041+00
20210929A	Rename Login Action	2026-11-25 16:14:59.986628+00
20211007A	Update Presets	2026-11-25 16:14:59.99603+00
20211009A	Add Auth Data	2026-11-25 16:14:59.998882+00
20211016A	Add Webhook Headers	2026-11-25 16:15:00.003072+00
20211103A	Set Unique to User Token	2026-11-25 16:15:00.006992+00
20211103B	Update Special Geometry	2026-11-25 16:15:00.011392+00
20211104A	Remove Collections Listing	2026-11-25 16:15:00.024642+00
20211118A	Add Notifications	2026-11-25 16:15:00.057075+00
20211211A	Add Shares	2026-11-25 16:15:00.073528+00
20211230A	Add Project Descriptor	2026-11-25 16:15:00.076538+00
20220303A	Remove Default Project Color	2026-11-25 16:15:00.095413+00
20220308A	Add Bookmark Icon and Color	2026-11-25 16:15:00.097618+00
20220314A	Add Translation Strings	2026-11-25 16:15:00.110821+00
20220322A	Rename Field Typecast Flags	2026-11-25 16:15:00.131098+00
20220323A	Add Field Validation	2026-11-25 16:15:00.145846+00
20220325A	Fix Typecast Flags	2026-11-25 16:15:00.15524+00
20220325B	Add Default Language	2026-11-25 16:15:00.176273+00
20220402A	Remove Default Value Panel Icon	2026-11-25 16:15:00.191007+00
20220429A	Add Flows	2026-11-25 16:15:00.253252+00
20220429B	Add Color to Insights Icon	2026-11-25 16:15:00.267215+00
20220429C	Drop Non Null From IP of Activity	2026-11-25 16:15:00.282647+00
20220429D	Drop Non Null From Sender of Notifications	2026-11-25 16:15:00.298384+00
20220614A	Rename Hook Trigger to Event	2026-11-25 16:15:00.305769+00
20220801A	Update Notifications Timestamp Column	2026-11-25 16:15:00.32592+00
20220802A	Add Custom Aspect Ratios	2026-11-25 16:15:00.334662+00
20220826A	Add Origin to Accountability	2026-11-25 16:15:00.33934+00
20230401A	Update Material Icons	2026-11-25 16:15:00.362643+00
20230525A	Add Preview Settings	2026-11-25 16:15:00.364509+00
20230526A	Migrate Translation Strings	2026-11-25 16:15:00.386811+00
20230721A	Require Shares Fields	2026-11-25 16:15:00.398189+00
20230823A	Add Content Versioning	2026-11-25 16:15:00.421295+00
20230927A	Themes	2026-11-25 16:15:00.44942+00
20231009A	Update CSV Fields to Text	2026-11-25 16:15:00.462108+00
20231009B	Update Panel Options	2026-11-25 16:15:00.463902+00
20231010A	Add Extensions	2026-11-25 16:15:00.475061+00
20231215A	Add Focalpoints	2026-11-25 16:15:00.483934+00
20240122A	Add Report URL Fields	2026-11-25 16:15:00.491045+00
20240204A	Marketplace	2026-11-25 16:15:00.547378+00
20240305A	Change Useragent Type	2026-11-25 16:15:00.570124+00
20240311A	Deprecate Webhooks	2026-11-25 16:15:00.598977+00
20240422A	Public Registration	2026-11-25 16:15:00.606639+00
20240515A	Add Session Window	2026-11-25 16:15:00.615474+00
20240701A	Add Tus Data	2026-11-25 16:15:00.618997+00
20240716A	Update Files Date Fields	2026-11-25 16:15:00.643545+00
20240806A	Permissions Policies	2026-11-25 16:15:00.720274+00
20240817A	Update Icon Fields Length	2026-11-25 16:15:00.765004+00
20240909A	Separate Comments	2026-11-25 16:15:00.779441+00
20240909B	Consolidate Content Versioning	2026-11-25 16:15:00.788767+00
20240924A	Migrate Legacy Comments	2026-11-25 16:15:00.810231+00
20240924B	Populate Versioning Deltas	2026-11-25 16:15:00.822574+00
20250224A	Visual Editor	2026-11-25 16:15:00.837567+00
20250609A	License Banner	2026-11-25 16:15:00.849569+00
20250613A	Add Project ID	2026-11-25 16:15:00.873407+00
20250718A	Add Direction	2026-11-25 16:15:00.882641+00
20250813A	Add MCP	2026-11-25 16:15:00.886977+00
20251012A	Add Field Searchable	2026-11-25 16:15:00.903412+00
20251014A	Add Project Owner	2026-11-25 16:15:01.015836+00
20251028A	Add Retention Indexes	2026-11-25 16:15:01.107575+00
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
fdfa38b8-577b-46ac-9b16-c4dc851ec4b1	Administrator	verified	$t:admin_description	\N	f	t	t
\.
COPY public.directus_presets (id, bookmark, "user", role, collection, search, layout, layout_query, layout_options, refresh_interval, filter, icon, color) FROM stdin;
\.
COPY public.directus_relations (id, many_collection, many_field, one_collection, one_field, one_collection_field, one_allowed_collections, junction_field, sort_field, one_deselect_action) FROM stdin;
1	beds	season	seasons	beds	\N	\N	\N	\N	delete
2	planting_sensors	planting	plantings	sensors	\N	\N	\N	\N	delete
3	planting_sensors	sensor	sensors	plantings	\N	\N	\N	\N	nullify
4	plantings	bed	beds	plantings	\N	\N	\N	\N	nullify
5	plantings	plant	plants	plantings	\N	\N	\N	\N	nullify
6	plantings	season	seasons	plantings	\N	\N	\N	\N	nullify
7	seasons	garden	gardens	seasons	\N	\N	\N	\N	nullify
8	sensors	keeper	directus_users	\N	\N	\N	\N	\N	nullify
\.
COPY public.directus_revisions (id, activity, collection, item, data, delta, parent, version) FROM stdin;
\.
COPY public.directus_roles (id, name, icon, description, parent) FROM stdin;
006e2c05-363f-45c7-aa2c-7590136c8c88	Administrator	verified	$t:admin_description	\N
\.
COPY public.directus_sessions (token, "user", expires, ip, user_agent, share, origin, next_token) FROM stdin;
\.
COPY public.directus_settings (id, project_name, project_url, project_color, project_logo, public_foreground, public_background, public_note, auth_login_attempts, auth_password_policy, storage_asset_transform, storage_asset_presets, custom_css, storage_default_folder, basemaps, mapbox_key, module_bar, project_descriptor, default_language, custom_aspect_ratios, public_favicon, default_appearance, default_theme_light, theme_light_overrides, default_theme_dark, theme_dark_overrides, report_error_url, report_bug_url, report_feature_url, public_registration, public_registration_verify_email, public_registration_role, public_registration_email_filter, visual_editor_urls, project_id, mcp_enabled, mcp_allow_deletes, mcp_prompts_collection, mcp_system_prompt_enabled, mcp_system_prompt, project_owner, project_usage, org_name, product_updates, project_status) FROM stdin;
1	Directus	\N	#6644FF	\N	\N	\N	\N	25	\N	all	\N	\N	\N	\N	\N	\N	\N	en-US	\N	\N	auto	\N	\N	\N	\N	\N	\N	\N	f	t	\N	\N	\N	01a2137d-2f03-743d-8e47-b4eb3d730bfa	f	f	\N	t	\N	\N	\N	\N	\N	\N
\.
COPY public.directus_shares (id, name, collection, item, role, password, user_created, date_created, date_start, date_end, times_used, max_uses) FROM stdin;
\.
COPY public.directus_translations (id, language, key, value) FROM stdin;
\.
COPY public.directus_users (id, first_name, last_name, email, password, location, title, description, tags, avatar, language, tfa_secret, status, role, token, last_access, last_page, provider, external_identifier, auth_data, email_notifications, appearance, theme_dark, theme_light, theme_light_overrides, theme_dark_overrides, text_direction) FROM stdin;
1362c6d7-3a59-4b8f-858a-0160dbd4c188	Admin	User	admin@example.com	$argon2id$v=19$m=65536,t=3,p=4$yl0gVHaPG/ihssmwLoCR5w$o5euoPHNIq55umHvCPy5jbxxOxkJPO1DQaTOzF7I5dA	\N	\N	\N	\N	\N	\N	\N	active	006e2c05-363f-45c7-aa2c-7590136c8c88	\N	\N	\N	default	\N	\N	t	\N	\N	\N	\N	\N	auto
\.
COPY public.directus_versions (id, key, name, collection, item, hash, date_created, date_updated, user_created, user_updated, delta) FROM stdin;
\.
COPY public.directus_webhooks (id, name, method, url, status, data, actions, collections, headers, was_active_before_deprecation, migrated_flow) FROM stdin;
\.
COPY public.gardens (id, name, slug, country, status, date_created, date_updated) FROM stdin;
11111111-1111-4111-8111-111111111111	Test Garden	test-garden	\N	active	\N	\N
\.
COPY public.planting_sensors (id, planting, sensor, role, date_created, date_updated) FROM stdin;
\.
COPY public.plantings (id, season, number, bed, plant, status, date_created, date_updated) FROM stdin;
\.
COPY public.plants (id, category, tag, genus, species, date_created, date_updated) FROM stdin;
22222222-2222-4222-8222-222222222222	herb	\N	Salvia	nemorosa	\N	\N
\.
COPY public.seasons (id, garden, name, slug, start_date, end_date, date_created, date_updated) FROM stdin;
\.
COPY public.sensors (id, serial, label, status, keeper, date_created, date_updated) FROM stdin;
\.
SELECT pg_catalog.setval('public.directus_activity_id_seq', 1, false);
SELECT pg_catalog.setval('public.directus_fields_id_seq', 58, true);
SELECT pg_catalog.setval('public.directus_notifications_id_seq', 1, false);
SELECT pg_catalog.setval('public.directus_permissions_id_seq', 1, false);
SELECT pg_catalog.setval('public.directus_presets_id_seq', 1, false);
SELECT pg_catalog.setval('public.directus_relations_id_seq', 8, true);
SELECT pg_catalog.setval('public.directus_revisions_id_seq', 1, false);
SELECT pg_catalog.setval('public.directus_settings_id_seq', 1, true);
SELECT pg_catalog.setval('public.directus_webhooks_id_seq', 1, false);
ALTER TABLE ONLY public.beds
    ADD CONSTRAINT beds_pkey PRIMARY KEY (id);
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
ALTER TABLE ONLY public.gardens
    ADD CONSTRAINT gardens_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.gardens
    ADD CONSTRAINT gardens_slug_unique UNIQUE (slug);
ALTER TABLE ONLY public.planting_sensors
    ADD CONSTRAINT planting_sensors_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.plantings
    ADD CONSTRAINT plantings_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.plants
    ADD CONSTRAINT plants_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.seasons
    ADD CONSTRAINT seasons_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.sensors
    ADD CONSTRAINT sensors_keeper_unique UNIQUE (keeper);
ALTER TABLE ONLY public.sensors
    ADD CONSTRAINT sensors_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.sensors
    ADD CONSTRAINT sensors_serial_unique UNIQUE (serial);
CREATE INDEX directus_activity_timestamp_index ON public.directus_activity USING btree ("timestamp");
CREATE INDEX directus_revisions_activity_index ON public.directus_revisions USING btree (activity);
CREATE INDEX directus_revisions_parent_index ON public.directus_revisions USING btree (parent);
CREATE INDEX planting_sensors_sensor_index ON public.planting_sensors USING btree (sensor);
ALTER TABLE ONLY public.beds
    ADD CONSTRAINT beds_season_foreign FOREIGN KEY (season) REFERENCES public.seasons(id) ON DELETE CASCADE;
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
ALTER TABLE ONLY public.planting_sensors
    ADD CONSTRAINT planting_sensors_planting_foreign FOREIGN KEY (planting) REFERENCES public.plantings(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.planting_sensors
    ADD CONSTRAINT planting_sensors_sensor_foreign FOREIGN KEY (sensor) REFERENCES public.sensors(id) ON DELETE RESTRICT;
ALTER TABLE ONLY public.plantings
    ADD CONSTRAINT plantings_bed_foreign FOREIGN KEY (bed) REFERENCES public.beds(id) ON DELETE RESTRICT;
ALTER TABLE ONLY public.plantings
    ADD CONSTRAINT plantings_plant_foreign FOREIGN KEY (plant) REFERENCES public.plants(id) ON DELETE RESTRICT;
ALTER TABLE ONLY public.plantings
    ADD CONSTRAINT plantings_season_foreign FOREIGN KEY (season) REFERENCES public.seasons(id) ON DELETE RESTRICT;
ALTER TABLE ONLY public.seasons
    ADD CONSTRAINT seasons_garden_foreign FOREIGN KEY (garden) REFERENCES public.gardens(id) ON DELETE RESTRICT;
ALTER TABLE ONLY public.sensors
    ADD CONSTRAINT sensors_keeper_foreign FOREIGN KEY (keeper) REFERENCES public.directus_users(id) ON DELETE SET NULL;
