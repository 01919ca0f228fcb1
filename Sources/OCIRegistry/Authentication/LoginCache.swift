internal import Logging
internal import OCI
internal import Support
internal import Synchronization

/// The logins of one client, by repository. A login expires from the cache, and so does the result that there is
/// none: secrets are renewed while a service runs, and may be created after its start.
///
/// A login is looked up again when the files that it may come from have changed, when a registry refuses it, and after some
/// minutes. It is not looked up for each request, because helpers are slow and may prompt the user.
final class LoginCache: Sendable {
    private struct Entry {
        var login: RegistryLogin?
        /// The login before, which a response to an earlier request may still repeat.
        var previous: RegistryLogin?
        var revision: String
        /// The time of the look-up, on the client's clock.
        var read: Duration
    }

    /// The time after which a login is looked up again. Helpers of cloud providers return tokens that end after one to twelve
    /// hours.
    static let age: Duration = .seconds(600)
    /// The time before which a refused login is not looked up again: many requests may be refused at once.
    static let pause: Duration = .seconds(1)
    /// The maximum number of repositories that are kept. Requests to a service can name any number of them.
    private static let maximumCount = 1_024

    private let entries = Mutex<[Repository: Entry]>([:])
    private let locks = KeyedLock<Repository>()
    private let configuration: RegistryConfiguration

    init(_ configuration: RegistryConfiguration) { self.configuration = configuration }

    /// The login for a repository.
    ///
    /// - Parameter isRefused: true when a registry refused the login that was returned before.
    /// - Throws: the error of the look-up. A login that was not refused stays in use instead.
    func login(for repository: Repository, isRefused: Bool = false) async throws -> RegistryLogin? {
        if let entry = current(repository, isRefused) { return entry.login }
        return try await locks.withLock(repository) {
            if let entry = current(repository, isRefused) { return entry.login }
            // The files are read after this, so a change in between is noticed by the next request.
            let revision = configuration.credentials.revision
            let login: RegistryLogin?
            do {
                login = try await configuration.credentials.login(for: repository)
            } catch {
                guard !isRefused, let last = known(repository), !(error is CancellationError) else { throw error }
                configuration.logger.warning(
                    "the login cannot be looked up again; the last one stays in use",
                    metadata: ["registry": "\(repository.registry)", "reason": "\(error.message)"])
                login = last
            }
            remember(login, for: repository, revision)
            return login
        }
    }

    /// The login that was looked up for a repository, if there is one.
    func known(_ repository: Repository) -> RegistryLogin? { entries.withLock { $0[repository]?.login } }

    /// The logins that responses may repeat: the one that was looked up, and the one before it.
    func recent(_ repository: Repository) -> [RegistryLogin] {
        entries.withLock { [$0[repository]?.login, $0[repository]?.previous].compactMap { $0 } }
    }

    private func current(_ repository: Repository, _ isRefused: Bool) -> Entry? {
        guard let entry = entries.withLock({ $0[repository] }) else { return nil }
        let age = configuration.clock.now - entry.read
        guard age < (isRefused ? Self.pause : Self.age), entry.revision == configuration.credentials.revision else {
            return nil
        }
        return entry
    }

    private func remember(_ login: RegistryLogin?, for repository: Repository, _ revision: String) {
        let now = configuration.clock.now
        entries.withLock { entries in
            if entries.count >= Self.maximumCount { entries = entries.filter { now - $0.value.read < Self.age } }
            let last = entries[repository]
            let previous = last?.login == login ? last?.previous : last?.login
            entries[repository] = Entry(login: login, previous: previous, revision: revision, read: now)
        }
    }
}
