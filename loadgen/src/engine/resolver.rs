//! The addresses of a host, looked up again and again on a thread of its own: no generator ever waits for a name.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::mistake::Mistake;
use crate::platform::monotonic;
use crate::record::Lookups;

/// The shortest time between two look-ups that refused connections ask for.
const SOONEST: Duration = Duration::from_secs(1);

/// Turns a host name and a port into addresses; the system's resolver, or another one.
pub(crate) type LookUp = Arc<dyn Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + Sync>;

/// The system's resolver.
pub(super) fn system_look_up() -> LookUp {
    Arc::new(|host, port| Ok((host, port).to_socket_addrs()?.collect()))
}

/// The addresses of one host, shared by all who connect to it.
#[derive(Clone)]
pub(crate) struct Resolver {
    shared: Arc<Shared>,
}

struct Shared {
    host: String,
    port: u16,
    /// Changes with the addresses.
    version: AtomicU64,
    state: Mutex<ResolverState>,
    changed: Condvar,
}

struct ResolverState {
    addresses: Vec<SocketAddr>,
    wanted: bool,
    lookups: Lookups,
}

impl Resolver {
    /// Looks a host up once, and then every `refresh` and soon after connections were refused, as long as somebody holds
    /// it. An address is never looked up, and with no `refresh` nothing is looked up again.
    ///
    /// # Errors
    /// The name has no address: in words.
    pub(crate) fn start(host: &str, port: u16, refresh: Option<Duration>, look_up: LookUp) -> Result<Self, Mistake> {
        Self::renewed(host, port, refresh, SOONEST, look_up)
    }

    fn renewed(
        host: &str,
        port: u16,
        refresh: Option<Duration>,
        soonest: Duration,
        look_up: LookUp,
    ) -> Result<Self, Mistake> {
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(Self::fixed(host, vec![SocketAddr::new(address, port)]));
        }
        let begun = monotonic();
        let addresses = look_up(host, port).map_err(|e| Mistake::other(format!("cannot look up {host}: {e}")))?;
        if addresses.is_empty() {
            return Err(Mistake::other(format!("{host} has no address")));
        }
        let mut lookups = Lookups::default();
        lookups.add(monotonic() - begun);
        let resolver = Self::of(host, port, addresses, lookups);
        if let Some(refresh) = refresh {
            let shared = Arc::downgrade(&resolver.shared);
            let renew = move || {
                loop {
                    let Some(shared) = shared.upgrade() else { return };
                    shared.wait(refresh.max(soonest), soonest);
                    if Arc::strong_count(&shared) == 1 {
                        return;
                    }
                    shared.renew(&look_up);
                }
            };
            thread::Builder::new()
                .name("resolver".into())
                .spawn(renew)
                .map_err(|e| Mistake::other(format!("cannot start a thread: {e}")))?;
        }
        Ok(resolver)
    }

    /// Addresses that are given and never looked up.
    #[must_use]
    pub(crate) fn fixed(host: &str, addresses: Vec<SocketAddr>) -> Self {
        Self::of(host, 0, addresses, Lookups::default())
    }

    fn of(host: &str, port: u16, addresses: Vec<SocketAddr>, lookups: Lookups) -> Self {
        let state = Mutex::new(ResolverState { addresses, wanted: false, lookups });
        let (version, changed) = (AtomicU64::new(1), Condvar::new());
        Self { shared: Arc::new(Shared { host: host.into(), port, version, state, changed }) }
    }

    /// Another number for other addresses, from 1.
    pub(super) fn version(&self) -> u64 {
        self.shared.version.load(Ordering::Acquire)
    }

    /// The addresses of now.
    #[must_use]
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        self.shared.state().addresses.clone()
    }

    /// The look-ups so far; `None` where nothing is looked up, for the host is an address or its addresses are given.
    #[must_use]
    pub(crate) fn lookups(&self) -> Option<Lookups> {
        Some(self.shared.state().lookups).filter(|lookups| lookups.count > 0)
    }

    /// Asks for a look-up soon, for a connection was refused.
    pub(super) fn renew_soon(&self) {
        self.shared.state().wanted = true;
        self.shared.changed.notify_all();
    }
}

impl Drop for Resolver {
    fn drop(&mut self) {
        // The thread looks whether it is wanted by anybody else.
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn state(&self) -> std::sync::MutexGuard<'_, ResolverState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until it is time to look up again.
    fn wait(self: &Arc<Self>, refresh: Duration, soonest: Duration) {
        let begun = Instant::now();
        let mut state = self.state();
        loop {
            let due = if state.wanted { soonest } else { refresh };
            let left = due.saturating_sub(begun.elapsed());
            if left.is_zero() || Arc::strong_count(self) == 1 {
                state.wanted = false;
                return;
            }
            // A holder that goes does so without the lock: its word may be missed, so that nobody relies on it alone.
            let waited = self.changed.wait_timeout(state, left.min(SOONEST));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn renew(&self, look_up: &LookUp) {
        let begun = monotonic();
        let found = look_up(&self.host, self.port);
        let took = monotonic() - begun;
        let mut state = self.state();
        state.lookups.add(took);
        match found {
            Ok(addresses) if !addresses.is_empty() => {
                if addresses != state.addresses {
                    state.addresses = addresses;
                    state.lookups.changed += 1;
                    self.version.fetch_add(1, Ordering::Release);
                }
            }
            // A name server that fails for a while changes nothing about where the target is.
            _ => state.lookups.failed += 1,
        }
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver").field("host", &self.shared.host).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_refused_connection_brings_the_new_address_without_anybody_waiting_for_it() {
        let (asked, look_ups) = mpsc::channel();
        let number = AtomicU64::new(0);
        let look_up: LookUp = Arc::new(move |host, port| {
            let n = number.fetch_add(1, Ordering::Relaxed);
            asked.send(n).unwrap();
            assert_eq!(host, "target.test");
            match n {
                1 => Err(io::Error::other("the name server is down")),
                _ => Ok(vec![SocketAddr::new(IpAddr::from([127, 0, 0, u8::try_from(1 + n).unwrap()]), port)]),
            }
        });
        let resolver =
            Resolver::renewed("target.test", 80, Some(Duration::from_hours(1)), Duration::ZERO, look_up).unwrap();
        assert_eq!(resolver.addresses(), ["127.0.0.1:80".parse().unwrap()]);
        let first = resolver.version();
        resolver.renew_soon();
        assert_eq!((look_ups.recv(), look_ups.recv()), (Ok(0), Ok(1)));
        resolver.renew_soon();
        look_ups.recv().unwrap();
        while resolver.version() == first {
            thread::yield_now();
        }
        assert_eq!(resolver.addresses(), ["127.0.0.3:80".parse().unwrap()]);
        let Lookups { count, failed, changed, .. } = resolver.lookups().unwrap();
        assert_eq!((count, failed, changed), (3, 1, 1));
        drop(resolver);
        // The thread ends with the last who held it, and with it the sender.
        assert_eq!(look_ups.recv(), Err(mpsc::RecvError));
    }

    #[test]
    fn an_address_is_not_looked_up_and_a_name_without_one_is_refused() {
        let never: LookUp = Arc::new(|_, _| panic!("it is an address"));
        let resolver = Resolver::start("::1", 80, Some(SOONEST), never).unwrap();
        assert_eq!((resolver.addresses().len(), resolver.lookups()), (1, None));
        let nothing: LookUp = Arc::new(|_, _| Ok(Vec::new()));
        assert_eq!(Resolver::start("a.test", 80, None, nothing).unwrap_err().message, "a.test has no address");
    }
}
