internal import CapsuleCore
internal import CapsuleTrust
internal import Documents
internal import HTTPServer
internal import OCI
internal import ReleaseWorkflows
internal import Signing
internal import Support

/// Answers `POST /verify`: runs the chain of `capsule verify`, and what comes before the push of `capsule promote`.
struct VerifyService: Sendable {
    let allowList: AllowList
    let opener: CachingOpener
    let deliveries: DeliveryService
    let verifications: Admission
    let memo: VerdictMemo
    let metrics: ServiceMetrics
    private let keys: [VerificationKey]
    private let locks = KeyedLock<BodyKey>()

    init(
        allowList: AllowList, opener: CachingOpener, deliveries: DeliveryService, keys: [VerificationKey],
        limits: ServiceLimits, metrics: ServiceMetrics
    ) {
        self.allowList = allowList
        self.opener = opener
        self.deliveries = deliveries
        self.keys = keys
        self.metrics = metrics
        verifications = Admission(width: limits.verifications, queue: limits.queue)
        memo = VerdictMemo(limit: limits.verdicts)
    }

    /// Reads a request, and refuses what this service may not read.
    func request(_ body: [UInt8]) throws(ServiceError) -> VerifyRequest {
        let request = try VerifyRequest(body)
        try check(request)
        return request
    }

    /// The verdict as an answer.
    ///
    /// - Parameters:
    ///   - request: what `request(_:)` has read.
    ///   - body: the same as it came.
    ///   - caller: who asks.
    /// - Throws: `ServiceError`, and what the libraries throw when there is no verdict.
    func answer(_ request: VerifyRequest, _ body: [UInt8], to caller: Caller) async throws -> Answer {
        if let render = request.render { return try await prepare(request, render, for: caller) }
        async let image = digest(request.image.repoURL, request.image.tag)
        async let capsule = digest(request.capsule.repository, request.capsule.tag)
        // A tag that is not there is found out again by the chain, which reports it.
        guard let image = try await image, let capsule = try await capsule else { return try await verify(request) }
        // Many stages ask about one release at once: the first is answered, the others read it.
        return try await locks.withLock(BodyKey(body)) {
            if let verdict = memo[body], verdict.image == image, verdict.capsule == capsule { return recall(verdict) }
            let answer = try await verify(request)
            if answer.status == 200 {
                memo.keep(Verdict(request: request, image: image, capsule: capsule, answer: answer), for: body)
            }
            return answer
        }
    }

    /// The answer that is known without asking anybody; nil when there is none.
    func remembered(_ body: [UInt8]) throws(ServiceError) -> Answer? {
        guard let verdict = memo[body] else { return nil }
        let request = verdict.request
        try check(request)
        guard opener.tags.known(request.image.tag, in: request.image.repoURL)?.digest == verdict.image,
            opener.tags.known(request.capsule.tag, in: request.capsule.repository)?.digest == verdict.capsule
        else { return nil }
        return recall(verdict)
    }

    private func check(_ request: VerifyRequest) throws(ServiceError) {
        try allowList.check(request.image.repoURL)
        try allowList.check(request.capsule.repository)
    }

    private func recall(_ verdict: Verdict) -> Answer {
        metrics.verdict(ok: true, source: "memory")
        return verdict.answer
    }

    private func digest(_ repository: Repository, _ tag: Tag) async throws -> Digest? {
        do {
            return try await opener.source(.registry(repository)).resolve(tag)?.digest
        } catch let error as OCIError where ServiceError(error).status == 422 {
            return nil
        }
    }

    private func verify(_ request: VerifyRequest) async throws -> Answer {
        let verification = try verification(request)
        let report = try await verifications.run {
            try await ReleaseVerification(opener: opener).verdict(verification).report
        }
        return answer(VerifyAnswer(report, for: request))
    }

    private func prepare(
        _ request: VerifyRequest, _ render: RenderOrder, for caller: Caller
    ) async throws -> Answer {
        let remote = try allowList.remote(render.repository)
        do {
            let (report, preparation) = try await deliveries.prepare(
                verification(request), stage: render.stage, rollback: render.rollback, remote: remote,
                commit: render.commit, byKargo: render.byKargo, mayAttest: caller.mayAttest(render.stage))
            var document = VerifyAnswer(report, for: request)
            // Only who asks about the release that it is gets what may be written for it.
            if document.ok { document.add(preparation) }
            return answer(document)
        } catch let rejection as VerificationRejection {
            return answer(VerifyAnswer(rejection.report, for: request))
        }
    }

    private func verification(_ request: VerifyRequest) throws(DocumentError) -> ReleaseVerification.Request {
        try ReleaseVerification.Request(image: request.image, capsule: request.capsule, signedBy: keys)
    }

    private func answer(_ document: VerifyAnswer) -> Answer {
        metrics.checks(document.checks)
        metrics.verdict(ok: document.ok, source: "chain")
        var answer = Answer(document.ok ? 200 : 422, document)
        if !document.ok { answer.reason = document.reason }
        return answer
    }
}
