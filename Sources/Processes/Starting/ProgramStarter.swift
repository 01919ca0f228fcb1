internal import Support
internal import Synchronization

/// Two threads that start programs. Starting blocks until the program is executed; there are two threads, so that one program
/// on an unresponsive file system does not block all others.
final class ProgramStarter: Sendable {
    typealias Report = @Sendable (_ number: UInt64, Result<StartedProgram, StartFailure>) -> Void

    private struct Order: Sendable {
        let number: UInt64
        let command: PreparedCommand
    }

    private let orders = Mutex<[Order]>([])
    /// Contains one byte for each order: the threads block on it.
    private let bell: Pipe
    /// The pipe to which processes announce themselves; see `capsule_announcement`.
    let announcements: Pipe

    init(report: @escaping Report) throws(SystemError) {
        bell = try Pipe(unblocked: .neither)
        announcements = try Pipe(unblocked: .both)
        for _ in 0..<2 {
            try DedicatedThread.start("programs-start") { [self] in work(report) }
        }
    }

    /// Queues a program. One of the two threads reports the result.
    func start(_ number: UInt64, _ command: PreparedCommand) {
        orders.withLock { $0.append(Order(number: number, command: command)) }
        // Never full: a pipe takes 65,536 bytes, and far fewer programs are started at a time.
        _ = bell.writing.write([1], from: 0)
    }

    /// Removes a program from the queue; false when a thread has already taken it.
    func withdraw(_ number: UInt64) -> Bool {
        orders.withLock { orders in
            guard let index = orders.firstIndex(where: { $0.number == number }) else { return false }
            orders.remove(at: index)
            return true
        }
    }

    private func work(_ report: Report) {
        var byte: [UInt8] = [0]
        while case .moved = bell.reading.read(into: &byte) {
            guard let order = orders.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else { continue }
            do throws(StartFailure) {
                let program = try order.command.start(number: order.number, announcements: announcements.writing)
                report(order.number, .success(program))
            } catch {
                report(order.number, .failure(error))
            }
        }
    }
}
