//! What every server of a test can do, whether it is a process or a container.

/// Gives a server of a test its verbs. The type wraps `Server`, which its own file defines.
macro_rules! server_verbs {
    ($name:ident) => {
        impl $name {
            /// The process id while it is running as a process of this machine.
            #[must_use]
            pub fn pid(&self) -> Option<u32> {
                match &self.0 {
                    Server::Process { server, .. } => server.pid(),
                    #[cfg(feature = "containers")]
                    Server::Container(_) => None,
                }
            }

            /// Stops the server in order; its data stays for [`start_again`](Self::start_again).
            pub async fn stop(&mut self) {
                match &mut self.0 {
                    Server::Process { server, .. } => server.stop().await,
                    #[cfg(feature = "containers")]
                    Server::Container(container) => container.stop().await,
                }
            }

            /// Kills the server as a crash would.
            pub async fn kill9(&mut self) {
                match &mut self.0 {
                    Server::Process { server, .. } => server.kill9().await,
                    #[cfg(feature = "containers")]
                    Server::Container(container) => container.kill9().await,
                }
            }

            /// Starts it again at the same address with the same data.
            pub async fn start_again(&mut self) {
                match &mut self.0 {
                    Server::Process { server, .. } => {
                        let started = server.start_again().await;
                        started.unwrap_or_else(|error| panic!("{error}"));
                    }
                    #[cfg(feature = "containers")]
                    Server::Container(container) => container.start_again().await,
                }
            }

            /// Stops it and starts it again.
            pub async fn restart(&mut self) {
                self.stop().await;
                self.start_again().await;
            }
        }
    };
}
pub(crate) use server_verbs;
