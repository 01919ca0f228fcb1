internal import Dispatch
internal import FoundationEssentials
internal import Logging
internal import OCI
internal import Signing
internal import Support

/// The promotions that this service knows, each a file, so that one that was begun is ended whatever happens in between.
actor PromotionBook {
    /// What to do about an order.
    enum Decision {
        /// It is new; carry it out.
        case begin(PromotionTicket)
        /// It runs, or this is how it ended.
        case known(PromotionTicket)
        /// Another promotion to the same stage is under way.
        case conflict(PromotionTicket)
    }

    // Writing a promotion down waits for the disk: not on a thread that other tasks need.
    private let queue = QueueExecutor()
    nonisolated var unownedExecutor: UnownedSerialExecutor { queue.asUnownedSerialExecutor() }

    private let directory: String
    private let limits: ServiceLimits
    private let now: @Sendable () -> Int64
    private let logger: Logger
    private var tickets: [String: PromotionTicket] = [:]

    /// Opens the book in a directory, which is made when it is not there.
    ///
    /// - Throws: `OCIError.Code.io`
    init(directory: String, limits: ServiceLimits, now: @escaping @Sendable () -> Int64, logger: Logger) throws {
        self.directory = directory
        self.limits = limits
        self.now = now
        self.logger = logger
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            for name in try FileManager.default.contentsOfDirectory(atPath: directory) where name.hasSuffix(".json") {
                let path = "\(directory)/\(name)"
                guard let data = FileManager.default.contents(atPath: path),
                    let ticket = try? JSONDecoder().decode(PromotionTicket.self, from: data),
                    ticket.order.id == ticket.id, name == Self.file(ticket.id)
                else {
                    logger.error("a promotion's file is damaged; it is left alone", metadata: ["file": "\(path)"])
                    continue
                }
                tickets[ticket.id] = ticket
            }
        } catch {
            throw OCIError(
                .io, "promotions cannot be kept in \(directory): \(error); name another place with --state",
                cause: error)
        }
    }

    /// What was begun and has not ended.
    var pending: [PromotionTicket] {
        tickets.values.filter { $0.state == .running }.sorted { $0.id < $1.id }
    }

    /// A promotion by its id; who asks knows from now on how it ended.
    func ticket(_ id: String) -> PromotionTicket? {
        guard let ticket = tickets[id] else { return nil }
        collect(ticket)
        return ticket
    }

    /// The order with the policy's commit that an earlier call under the same key had.
    func resolved(_ order: PromotionOrder) -> PromotionOrder {
        guard order.gitops.commit == nil, let key = order.key else { return order }
        let earlier = tickets.values.first {
            var asked = $0.order
            asked.gitops.commit = nil
            return $0.order.key == key && asked == order
        }
        return earlier?.order ?? order
    }

    /// Takes an order, and writes it down before anything is done about it.
    ///
    /// - Throws: `ServiceError`
    func take(_ order: PromotionOrder, id: String) throws(ServiceError) -> Decision {
        if let known = tickets[id] {
            // It runs, the same attempt asks how it ended, or nobody has been told yet. A failure is told once, and the
            // same call then tries again.
            let isSame = order.key == known.order.key
            let isFresh = !known.collected && now() - (known.ended ?? 0) <= limits.collectionTime
            let isSettled = known.state != .failed && order.key != nil
            if known.state == .running || (isSame && (isFresh || isSettled)) {
                collect(known)
                return .known(known)
            }
        }
        let running = tickets.values.filter { $0.state == .running }
        if let other = running.first(where: {
            $0.order.stage == order.stage && $0.order.gitops.repository == order.gitops.repository
        }) {
            return .conflict(other)
        }
        guard running.count < limits.promotions else { throw .busy }
        let ticket = PromotionTicket(id: id, order: order)
        do throws(SystemError) {
            try write(ticket)
        } catch {
            throw ServiceError(
                503, "the promotion cannot be written down: \(error.text); nothing was begun", retryAfter: 5)
        }
        tickets[id] = ticket
        return .begin(ticket)
    }

    /// Writes down how a promotion ended.
    func end(_ id: String, _ ending: PromotionTicket.Ending) {
        guard var ticket = tickets[id] else { return }
        ticket.ending = ending
        ticket.ended = now()
        tickets[id] = ticket
        do throws(SystemError) {
            try write(ticket)
        } catch {
            // It will be carried out again after a restart, and change nothing.
            logger.error(
                "the end of a promotion cannot be written down", metadata: ["id": "\(id)", "error": "\(error.text)"])
        }
        forget()
    }

    private func collect(_ ticket: PromotionTicket) {
        if ticket.ending != nil { tickets[ticket.id]?.collected = true }
    }

    private func forget() {
        let ended = tickets.values.filter { $0.ending != nil }.sorted {
            ($0.ended ?? 0, $0.id) < ($1.ended ?? 0, $1.id)
        }
        for ticket in ended.dropLast(limits.rememberedPromotions) {
            tickets[ticket.id] = nil
            try? FileManager.default.removeItem(atPath: "\(directory)/\(Self.file(ticket.id))")
        }
    }

    private static func file(_ id: String) -> String { "\(id).json" }

    private func write(_ ticket: PromotionTicket) throws(SystemError) {
        try SmallFile.replace(Self.file(ticket.id), with: JSONText.bytes(ticket), in: directory)
    }
}

private final class QueueExecutor: SerialExecutor {
    private let queue = DispatchQueue(label: "promotions")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
