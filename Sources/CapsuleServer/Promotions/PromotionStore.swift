internal import Dispatch
internal import FoundationEssentials
internal import Logging
internal import OCI
internal import Signing
internal import Support

/// The promotions of this service, each stored in a separate file, so that a promotion that has begun is completed
/// even if the service is killed.
actor PromotionStore {
    /// The decision about a request to promote.
    enum Decision {
        /// The promotion is new; carry it out.
        case begin(PromotionJob)
        /// The promotion runs, or has completed with this result.
        case known(PromotionJob)
        /// Another promotion to the same stage runs.
        case conflict(PromotionJob)
    }

    // The writes to files block, which must not happen on a thread of the cooperative pool.
    private let queue = QueueExecutor()
    nonisolated var unownedExecutor: UnownedSerialExecutor { queue.asUnownedSerialExecutor() }

    private let directory: String
    private let limits: ServiceLimits
    private let now: @Sendable () -> Int64
    private let logger: Logger
    private var jobs: [String: PromotionJob] = [:]
    /// The ids of the running promotions that wait for their next try.
    private var paused: Set<String> = []

    /// Opens the store in a directory, which is created if it does not exist.
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
                    let job = try? JSONDecoder().decode(PromotionJob.self, from: data),
                    job.request.id == job.id, name == Self.file(job.id)
                else {
                    logger.error("the file of a promotion is damaged and is ignored", metadata: ["file": "\(path)"])
                    continue
                }
                jobs[job.id] = job
            }
        } catch {
            throw OCIError(
                .io,
                "promotions cannot be stored in \(directory): \(error.message); name another directory with --state",
                cause: error)
        }
    }

    /// The promotions that have begun and not completed.
    var pending: [PromotionJob] {
        jobs.values.filter { $0.state == .running }.sorted { $0.id < $1.id }
    }

    /// The promotion with this id, for a client: its result counts as collected from then on.
    func job(_ id: String) -> PromotionJob? {
        guard let job = jobs[id] else { return nil }
        collect(job)
        return job
    }

    /// The request with the policy commit that an earlier call with the same key resolved.
    func resolved(_ request: PromotionRequestBody) -> PromotionRequestBody {
        guard request.gitops.commit == nil, let key = request.key else { return request }
        let earlier = jobs.values.first {
            var candidate = $0.request
            candidate.gitops.commit = nil
            return $0.request.key == key && candidate == request
        }
        return earlier?.request ?? request
    }

    /// Accepts a request and writes it to a file before the promotion begins.
    ///
    /// - Throws: `ServiceError`
    func accept(_ request: PromotionRequestBody, id: String) throws(ServiceError) -> Decision {
        if let known = jobs[id] {
            // The promotion runs, the same attempt polls for its result, or no client has collected the result yet. A
            // failure is returned once, and the same call then tries again.
            let isSame = request.key == known.request.key
            let age = now().subtractingClamped(known.completedAt ?? 0)
            let isFresh = !known.isCollected && age <= limits.collectionTime
            let isSettled = known.state != .failed && request.key != nil
            if known.state == .running || (isSame && (isFresh || isSettled)) {
                collect(known)
                return .known(known)
            }
        }
        let running = jobs.values.filter { $0.state == .running }
        let other = running.first {
            $0.request.stage == request.stage && $0.request.gitops.repository == request.gitops.repository
        }
        if let other, !paused.contains(other.id) { return .conflict(other) }
        guard running.count < limits.promotions || other != nil else {
            throw .busy("promotions wait or run", limit: limits.promotions)
        }
        let job = PromotionJob(id: id, request: request, acceptedAt: now())
        do throws(SystemError) {
            try write(job)
        } catch {
            throw ServiceError(
                503,
                "the promotion cannot be written to \(quoted(directory)): \(error.text); it was not begun. Make the directory "
                    + "writable, or name another with --state", retryAfter: 5, failure: .disk)
        }
        jobs[id] = job
        if let other {
            complete(
                other.id,
                .init(
                    state: .failed,
                    reason:
                        "it waited for its next try when promotion \(id) to the same stage was requested, which replaces it"
                ))
        }
        return .begin(job)
    }

    /// Keeps a promotion for its next try. While it waits, a request for another one to the same stage replaces it.
    func pause(_ id: String) { paused.insert(id) }

    /// Begins the next try of a promotion that waits for it.
    ///
    /// - Returns: false when the promotion has been replaced.
    func resume(_ id: String) -> Bool {
        paused.remove(id) != nil && jobs[id]?.state == .running
    }

    /// Writes the result of a promotion to its file.
    func complete(_ id: String, _ completion: PromotionJob.Completion) {
        guard var job = jobs[id] else { return }
        paused.remove(id)
        job.completion = completion
        job.completedAt = now()
        jobs[id] = job
        do throws(SystemError) {
            try write(job)
        } catch {
            // The promotion is carried out again after a restart, and then changes nothing.
            logger.error(
                "the result of a promotion cannot be written to disk",
                metadata: ["id": "\(id)", "directory": "\(directory)", "error": "\(error.text)"])
        }
        evict()
    }

    private func collect(_ job: PromotionJob) {
        if job.completion != nil { jobs[job.id]?.isCollected = true }
    }

    /// Removes the oldest completed promotions above the limit.
    private func evict() {
        let completed = jobs.values.filter { $0.completion != nil }.sorted {
            ($0.completedAt ?? 0, $0.id) < ($1.completedAt ?? 0, $1.id)
        }
        for job in completed.dropLast(limits.completedPromotions) {
            jobs[job.id] = nil
            try? FileManager.default.removeItem(atPath: "\(directory)/\(Self.file(job.id))")
        }
    }

    private static func file(_ id: String) -> String { "\(id).json" }

    /// Writes a promotion. A directory that was removed is made again, with the promotions that run.
    private func write(_ job: PromotionJob) throws(SystemError) {
        do throws(SystemError) {
            return try replace(job)
        } catch {
            guard error == .notFound,
                (try? FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)) != nil
            else { throw error }
        }
        logger.warning(
            "the directory of promotions was removed; it is made again", metadata: ["directory": "\(directory)"])
        for other in pending where other.id != job.id { try replace(other) }
        try replace(job)
    }

    private func replace(_ job: PromotionJob) throws(SystemError) {
        try SmallFile.replace(Self.file(job.id), with: JSONText.bytes(job), in: directory)
    }
}

private final class QueueExecutor: SerialExecutor {
    private let queue = DispatchQueue(label: "promotions")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
