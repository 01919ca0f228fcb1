internal import Processes
internal import Support
internal import Synchronization

/// Reads the objects of one repository with one `git cat-file --batch`, which runs as long as ``serve()`` does. Whoever
/// creates a reader must run ``serve()``: requests wait for it.
///
/// A process takes longer to start than to answer, and a command reads objects many times: a commit, the trees below it,
/// level by level, and then files. Git finds objects that were fetched after the process has started.
final class GitObjectReader: Sendable {
    /// The result of a request.
    enum Answer: Sendable {
        /// The objects, in the order of the names.
        case items([GitBatch.Item])
        /// The process ended, with this result.
        case ended(CommandResult)
        /// The server has ended.
        case closed
    }

    private struct Request: Sendable {
        let names: [String]
        let outputLimit: Int
        let waiter: CheckedContinuation<Answer, any Error>
    }

    private struct State {
        var requests: [Request] = []
        /// The server, when it waits for a request.
        var server: CheckedContinuation<Request?, Never>?
        var isOpen = true
        /// The repository.
        var directory: GitDirectory
        /// The number of processes that must not answer further requests.
        var restarts = 0
    }

    /// The time after which the next request starts another process, so that each request has at least half of the
    /// deadline.
    private static let lifetime: Duration = Git.localDeadline / 2
    /// The number of bytes of names that are written before their objects are read. The process takes all of them from the
    /// pipe, so that writing never waits for it.
    private static let chunkSize = 4096
    /// The maximum length of the line before an object, which has the requested name when the object is missing.
    private static let lineLimit = 64 << 10

    private let state: Mutex<State>

    /// A reader of a repository.
    init(_ directory: GitDirectory) { state = Mutex(State(directory: directory)) }

    /// Reads the objects with these names.
    ///
    /// - Parameter outputLimit: the maximum number of bytes of the answer.
    /// - Throws: `GitError`, `CancellationError`
    func read(_ names: [String], outputLimit: Int) async throws -> Answer {
        try await withCheckedThrowingContinuation { waiter in
            let request = Request(names: names, outputLimit: outputLimit, waiter: waiter)
            let (isOpen, server) = state.withLock { state -> (Bool, CheckedContinuation<Request?, Never>?) in
                guard state.isOpen else { return (false, nil) }
                defer { state.server = nil }
                if state.server == nil { state.requests.append(request) }
                return (true, state.server)
            }
            server?.resume(returning: request)
            if !isOpen { waiter.resume(returning: .closed) }
        }
    }

    /// Makes another process answer further requests, in another repository.
    func restart(in directory: GitDirectory) {
        state.withLock { state in
            state.directory = directory
            // The reader would keep itself.
            state.directory.reader = nil
            state.restarts += 1
        }
    }

    /// Answers requests until the task is cancelled.
    ///
    /// - Parameter startsNow: true to start the process before there is a request.
    func serve(startsNow: Bool = false) async {
        await withTaskCancellationHandler {
            var request = startsNow ? await serve(from: nil) : nil
            if request == nil { request = await next() }
            while let first = request {
                let rest = await serve(from: first)
                request = if let rest { rest } else { await next() }
            }
        } onCancel: {
            close()
        }
        close()
    }

    /// Answers a request and those after it with one process; without a request, it waits for the first one. Returns a request
    /// that another process must answer.
    private func serve(from first: Request?) async -> Request? {
        let (directory, restarts) = state.withLock { ($0.directory, $0.restarts) }
        var current: Request? = first
        do {
            try await directory.conversation(["cat-file", "--batch"]) { conversation in
                var reader = ConversationReader(conversation)
                let clock = ContinuousClock()
                let end = clock.now + Self.lifetime
                if current == nil { current = await next() }
                while let request = current {
                    guard clock.now < end, state.withLock({ $0.restarts }) == restarts else { return }
                    if let items = try await Self.items(request, conversation, &reader) {
                        current = nil
                        request.waiter.resume(returning: .items(items))
                    } else {
                        let result = try await conversation.finish()
                        current = nil
                        return request.waiter.resume(returning: .ended(result))
                    }
                    current = await next()
                }
            }
        } catch {
            current?.waiter.resume(throwing: error)
            return nil
        }
        return current
    }

    /// The objects of a request; nil when the process ends before it has printed all of them.
    private static func items(
        _ request: Request, _ conversation: Conversation, _ reader: inout ConversationReader
    ) async throws -> [GitBatch.Item]? {
        var items: [GitBatch.Item] = []
        var size = 0
        var names = request.names[...]
        while !names.isEmpty {
            var chunk: [UInt8] = []
            var count = 0
            while let name = names.first, chunk.isEmpty || chunk.count + name.utf8.count < chunkSize {
                chunk += Array("\(name)\n".utf8)
                count += 1
                names.removeFirst()
            }
            do {
                try await conversation.write(chunk)
                for _ in 0..<count {
                    guard let line = try await reader.line(atMost: lineLimit) else { return nil }
                    let header = try GitBatch.Header(line)
                    size = size.addingClamped(header.size).addingClamped(line.count + 1)
                    guard size <= request.outputLimit else { throw GitError.tooLarge(request.outputLimit) }
                    guard let type = header.type else {
                        items.append(.missing(header.id))
                        continue
                    }
                    let content = try await reader.bytes(header.size + 1)
                    items.append(GitBatch.Item(id: header.id, type: type, content: content.dropLast()))
                }
            } catch let error as CommandError where error.code == .failed {
                return nil
            }
        }
        return items
    }

    /// The next request; nil when there will be none.
    private func next() async -> Request? {
        await withCheckedContinuation { server in
            let request = state.withLock { state -> Request?? in
                if !state.requests.isEmpty { return state.requests.removeFirst() }
                guard state.isOpen else { return .some(nil) }
                state.server = server
                return nil
            }
            if let request { server.resume(returning: request) }
        }
    }

    /// Ends the server, and the requests that are waiting for it.
    private func close() {
        let (requests, server) = state.withLock { state in
            defer { (state.requests, state.server, state.isOpen) = ([], nil, false) }
            return (state.requests, state.server)
        }
        for request in requests { request.waiter.resume(throwing: CancellationError()) }
        server?.resume(returning: nil)
    }
}

extension GitDirectory {
    /// The same repository, whose objects are all read by one process, where the runner of programs can keep one running.
    /// The caller must run `GitObjectReader.serve()`.
    func keepingReader() -> GitDirectory {
        guard git.runner.supportsConversations else { return self }
        var directory = self
        directory.reader = GitObjectReader(self)
        return directory
    }
}
