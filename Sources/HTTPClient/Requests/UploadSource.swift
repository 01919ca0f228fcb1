/// Where the body of a request comes from, piece by piece.
public protocol UploadSource: Sendable {
    /// Waits for bytes and gives at most `count` of them, at least one; nil at the end.
    ///
    /// It is called by one task at a time, only while `HTTPClient.send` runs, and only when there is room for what it gives.
    /// A task that waits here is cancelled when the request ends early, and `send` waits for it: it must notice that.
    ///
    /// - Throws: whatever went wrong; `HTTPClient.send` throws the same.
    func next(atMost count: Int) async throws -> [UInt8]?
}
