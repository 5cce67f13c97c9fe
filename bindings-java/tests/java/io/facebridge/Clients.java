package io.facebridge;

/** One client for all tests: making it loads the models. */
final class Clients {
    static final Client SHARED = Client.local();

    private Clients() {}
}
