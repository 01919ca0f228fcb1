internal import CapsuleTrust
public import OCI

/// A release that is being read while its requirements are still being found: while a GitOps repository is fetched, for
/// example. The verification judges it like a release that it reads itself.
public final class StartedReading: Sendable {
    private let request: ReleaseVerification.Request
    private let task: Task<ReleaseReading, any Error>

    private init(_ request: ReleaseVerification.Request, _ verification: ReleaseVerification) {
        self.request = request
        // The threads of tasks are few, and what is being found meanwhile mostly waits for other programs. It must not wait for
        // a thread in addition, so the reading runs on others, until its result is needed.
        task = Task(priority: .utility) { try await verification.read(request) }
    }

    /// Runs `body` while a release is read. The reading ends with `body`, and its errors matter only to a verification that
    /// uses it.
    ///
    /// - Parameter request: the capsule and the image.
    public static func with<Result: Sendable>(
        _ request: ReleaseVerification.Request, opener: any ContentOpener,
        _ body: (StartedReading) async throws -> Result
    ) async throws -> Result {
        let reading = StartedReading(request, ReleaseVerification(opener: opener))
        return try await withTaskCancellationHandler {
            do {
                let result = try await body(reading)
                await reading.end()
                return result
            } catch {
                await reading.end()
                throw error
            }
        } onCancel: {
            reading.task.cancel()
        }
    }

    private func end() async {
        task.cancel()
        _ = await task.result
    }

    /// What was read; nil when `other` reads another capsule or image.
    ///
    /// - Throws: errors that allow no verdict.
    func value(for other: ReleaseVerification.Request) async throws -> ReleaseReading? {
        guard request.capsule == other.capsule, request.image == other.image, request.imageDigest == other.imageDigest
        else { return nil }
        return try await task.value
    }
}
