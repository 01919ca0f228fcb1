/// Reads the output of a conversation by lines and by lengths, as protocols such as `git cat-file --batch` require.
package struct ConversationReader: Sendable {
    private let conversation: Conversation
    private var buffer: [UInt8] = []
    private var start = 0

    /// A reader for a conversation. Bytes that it has buffered are not available to other readers.
    package init(_ conversation: Conversation) { self.conversation = conversation }

    /// The next line without its line feed; nil at the end of the output.
    ///
    /// - Throws: `CommandError.Code.outputLimit` for a line of more than `limit` bytes, `.failed` for an end within a line, and
    ///   what `Conversation.read` throws.
    package mutating func line(atMost limit: Int) async throws -> [UInt8]? {
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: 0x0A), end - start <= limit {
                defer { start = end + 1 }
                return Array(buffer[start..<end])
            }
            searched = buffer.count - start
            guard searched <= limit else {
                throw CommandError(.outputLimit, "a program printed a line of more than \(limit) bytes")
            }
            guard try await fill() else {
                if buffer.isEmpty { return nil }
                throw CommandError(.failed, "a program ended in the middle of a line")
            }
        }
    }

    /// The next `count` bytes.
    ///
    /// - Throws: `CommandError.Code.failed` when the output ends before, and what `Conversation.read` throws.
    package mutating func bytes(_ count: Int) async throws -> [UInt8] {
        while buffer.count - start < count {
            guard try await fill() else { throw CommandError(.failed, "a program ended in the middle of its answer") }
        }
        defer { start += count }
        return Array(buffer[start..<(start + count)])
    }

    /// Discards the bytes that were returned, and reads once; false at the end.
    private mutating func fill() async throws -> Bool {
        buffer.removeSubrange(..<start)
        start = 0
        let more = try await conversation.read()
        buffer += more
        return !more.isEmpty
    }
}
