//! Servers with TLS, and the authorities whom to trust in order to trust them.

use contract::Secret;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use testbed::{Absent, Cache, PostgresRoot, Server, ServerOptions, ServerTls};

/// An authority: its certificate, and what it signs with.
pub struct Authority {
    /// In PEM form.
    pub pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// A new one of that name.
    pub fn new(name: &str) -> Authority {
        let (key, mut params) = (KeyPair::generate().expect("a key"), params(name, &[]));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Authority { pem, issuer: Issuer::new(params, key) }
    }

    /// A certificate of `owner`, for `names`, with its key.
    pub fn signs(&self, owner: &str, names: &[&str]) -> ServerTls {
        let key = KeyPair::generate().expect("a key");
        let certificate = params(owner, names).signed_by(&key, &self.issuer).expect("a certificate").pem();
        ServerTls { certificate, key: Secret::new(key.serialize_pem()) }
    }
}

/// A certificate for `names` that is its own authority, as `openssl req -x509` makes it.
pub fn self_signed(names: &[&str]) -> ServerTls {
    let (key, mut params) = (KeyPair::generate().expect("a key"), params("server", names));
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).expect("a certificate").pem();
    ServerTls { certificate, key: Secret::new(key.serialize_pem()) }
}

fn params(owner: &str, names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("names");
    params.distinguished_name.push(DnType::CommonName, owner);
    params
}

/// A server with TLS on TCP, beside its socket. `rules` are its pg_hba.conf over TCP, first match wins; `sql` is run before anybody else
/// comes; its log names who comes; clients may prove themselves with certificates of the authority in `clients`.
///
/// # Errors
/// [`Absent`] when there is no Postgres in the cache, or it does not start.
pub fn server(tls: ServerTls, clients: &str, rules: &str, sql: &str) -> Result<Server, Absent> {
    let absent = || Absent::new("no Postgres root in the cache: cargo xtask setup");
    let root = PostgresRoot::cached(&Cache::open()?).ok_or_else(absent)?;
    let extra_settings = vec![("log_connections".to_owned(), "on".to_owned())];
    let server =
        Server::start(&root, ServerOptions { tls: Some(tls), extra_settings, ..ServerOptions::default() })?;
    let data = server.dir().join("d");
    std::fs::write(data.join("clients.crt"), clients).expect("a file");
    std::fs::write(data.join("pg_hba.conf"), format!("local all all trust\n{rules}")).expect("a file");
    let mut admin = server.connect("postgres")?;
    admin.batch_execute("ALTER SYSTEM SET ssl_ca_file = 'clients.crt'").expect("a setting");
    admin.batch_execute(sql).expect(sql);
    drop(admin);
    server.restart()?;
    Ok(server)
}
