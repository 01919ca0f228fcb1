/// Returns true as soon as `condition` holds, and false when it does not within `limit`. The limit is far longer than the wait
/// ever should be, so that a busy machine fails no test.
package func eventually(
    within limit: Duration = .seconds(30), _ condition: () async throws -> Bool
) async throws -> Bool {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(20))
    }
    return try await condition()
}
