import Foundation
import HTTPClient
import HTTPMessages
import Synchronization

extension HTTPClient {
    /// Sends a request and reads the whole answer.
    func text(_ request: HTTPRequest, upTo limit: Int = 1 << 20) async throws -> (status: Int, body: String) {
        let response = try await send(request)
        return (response.status, String(decoding: try await response.body.collect(upTo: limit), as: UTF8.self))
    }

    /// The failure of a request or its response; nil when there is none.
    func failure(_ request: HTTPRequest) async throws -> HTTPFailure? {
        do {
            _ = try await text(request, upTo: 1 << 30)
            return nil
        } catch let failure as HTTPFailure {
            return failure
        }
    }
}

extension RawServer {
    func get(_ target: String = "/") -> HTTPRequest { HTTPRequest(.GET, origin, target) }
}

/// A source of given pieces that counts its calls.
final class ListSource: UploadSource {
    private let pieces: Mutex<[[UInt8]]>
    private let count = Mutex(0)
    var given: Int { count.withLock { $0 } }

    init(_ pieces: [[UInt8]]) { self.pieces = Mutex(pieces) }

    func next(atMost count: Int) async throws -> [UInt8]? {
        let piece = pieces.withLock { pieces -> [UInt8]? in
            guard let first = pieces.first else { return nil }
            if first.count <= count { return pieces.removeFirst() }
            pieces[0] = Array(first.dropFirst(count))
            return Array(first.prefix(count))
        }
        self.count.withLock { $0 += piece?.count ?? 0 }
        return piece
    }
}

/// A source that returns some bytes and then waits until it is cancelled.
final class StuckSource: UploadSource {
    private let first: Mutex<[UInt8]?>
    private let ended = Mutex(false)
    /// Opened when it has returned all bytes.
    let isStuck = Signal()
    /// True when the waiting task was cancelled.
    var wasCancelled: Bool { ended.withLock { $0 } }

    init(after bytes: [UInt8]) { first = Mutex(bytes) }

    func next(atMost count: Int) async throws -> [UInt8]? {
        let bytes = first.withLock { first in
            defer { first = nil }
            return first
        }
        if let bytes, !bytes.isEmpty { return bytes }
        isStuck.raise()
        do { try await Task.sleep(for: .seconds(600)) } catch {
            ended.withLock { $0 = true }
            throw error
        }
        return nil
    }
}

/// An endless source.
final class EndlessSource: UploadSource {
    private let count = Mutex(0)
    var given: Int { count.withLock { $0 } }

    func next(atMost count: Int) async throws -> [UInt8]? {
        self.count.withLock { $0 += count }
        return [UInt8](repeating: 0x61, count: count)
    }
}

struct SourceFailure: Error {}

struct FailingSource: UploadSource {
    func next(atMost count: Int) async throws -> [UInt8]? { throw SourceFailure() }
}

/// A gate that one side opens and the other waits for.
final class Signal: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    func raise() { semaphore.signal() }

    /// Blocks the thread.
    func waitBlocking() { _ = semaphore.wait(timeout: .now() + 60) }

    func wait() async {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                self.waitBlocking()
                continuation.resume()
            }
        }
    }
}

/// Runs a blocking call on its own thread: the tests have few threads.
func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
    }
}

/// Waits until a condition is true, for 30 seconds at most.
func eventually(_ condition: () async throws -> Bool) async rethrows -> Bool {
    for _ in 0..<600 {
        if try await condition() { return true }
        try? await Task.sleep(for: .milliseconds(50))
    }
    return false
}
