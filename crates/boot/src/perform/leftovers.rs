//! Ends what a former holder of the lock left working: kill -9 frees its lock at once, while the server goes on with its last statement
//! and may commit it later (P19). Nothing is read or done before these backends are gone.

use crate::state::WORK;
use contract::sql::literal;
use contract::{Exit, Failure, Outcome};
use migrations::session::{Session, describe};
use std::time::{Duration, Instant};

/// Ends them and waits until they are gone, up to `wait_s` seconds. A role that may not end them waits for their own end.
///
/// # Errors
/// Exit 6 when they are still there after that time.
pub(super) fn end(session: &mut Session, wait_s: u64, say: &mut dyn FnMut(&str)) -> Outcome<()> {
    let until = Instant::now() + Duration::from_secs(wait_s);
    let mut said = false;
    loop {
        let alive = alive(session)?;
        if alive.is_empty() {
            return Ok(());
        }
        if !said {
            say(&format!("ending what a killed boot left working: {}", alive.join(", ")));
            said = true;
        }
        // One by one, because a role may be allowed to end some and not others; a refusal means waiting.
        for pid in alive.iter().filter_map(|each| each.rsplit(' ').next()) {
            let _ = session.client().simple_query(&format!("SELECT pg_catalog.pg_terminate_backend({pid})"));
        }
        if Instant::now() > until {
            return Err(Failure::new("take over from a killed boot: its backends do not end")
                .exit(Exit::Locked)
                .cause(alive.join(", "))
                .hint("end them as a superuser: SELECT pg_terminate_backend(PID);"));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// `runner-0123abcd-work 4711`
fn alive(session: &mut Session) -> Outcome<Vec<String>> {
    let query = format!(
        "SELECT application_name || ' ' || pid FROM pg_catalog.pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name ~ ('^runner-[0-9a-f]{{8}}' || {} || '$')",
        literal(WORK)
    );
    let messages = session
        .client()
        .simple_query(&query)
        .map_err(|error| Failure::new("look for what a killed boot left working").cause(describe(&error)))?;
    let text = |message: &postgres::SimpleQueryMessage| match message {
        postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    };
    Ok(messages.iter().filter_map(text).collect())
}
