//! `baton attach` in a real terminal. The API's part is played by the test, so that every fault comes
//! when it is wanted.

mod api;
mod journeys;
mod window;
