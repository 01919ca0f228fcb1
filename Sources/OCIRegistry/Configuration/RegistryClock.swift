internal import FoundationEssentials

/// Time as the client sees it: a seam, so that no test waits.
public protocol RegistryClock: Sendable {
    /// Time that only moves forward, since some fixed moment.
    var now: Duration { get }
    /// Seconds since 1970, for dates that servers name.
    var date: Int64 { get }
    /// Waits.
    ///
    /// - Throws: `CancellationError`
    func sleep(for duration: Duration) async throws
}

/// The clock of this system.
public struct SystemRegistryClock: RegistryClock {
    private let start = ContinuousClock.now

    /// The clock of this system.
    public init() {}

    /// Time since this value was made.
    public var now: Duration { start.duration(to: .now) }

    /// Seconds since 1970.
    public var date: Int64 { Int64(Date().timeIntervalSince1970) }

    /// Waits.
    public func sleep(for duration: Duration) async throws { try await Task.sleep(for: duration) }
}
