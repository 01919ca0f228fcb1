internal import CapsuleCore
internal import CapsuleDelivery
internal import CapsuleTrust
internal import OCI

/// Answers `POST /verify`: runs the chain of `capsule verify`, and what comes before the push of `capsule promote`.
struct VerifyService: Sendable {
    let allowList: AllowList
    let opener: CachingOpener
    let deliveries: DeliveryService
    let verifications: Admission
    let memo: VerdictMemo
    let metrics: ServiceMetrics
    private let locks = KeyedLock<VerdictKey>()

    init(
        allowList: AllowList, opener: CachingOpener, deliveries: DeliveryService, limits: ServiceLimits,
        metrics: ServiceMetrics
    ) {
        self.allowList = allowList
        self.opener = opener
        self.deliveries = deliveries
        self.metrics = metrics
        verifications = Admission(width: limits.verifications, queue: limits.queue)
        memo = VerdictMemo(limit: limits.verdicts)
    }

    /// The verdict as an answer.
    ///
    /// - Throws: `ServiceError`, and what the libraries throw when there is no verdict.
    func answer(_ request: VerifyRequest) async throws -> Answer {
        try allowList.check(request.image.repoURL)
        try allowList.check(request.capsule.repository)
        if let render = request.render { return try await prepare(request, render) }
        guard let key = try await key(request) else { return try await verify(request) }
        if let answer = recall(key) { return answer }
        // Many stages ask about one release at once: the first is answered, the others read it.
        return try await locks.withLock(key) {
            if let answer = recall(key) { return answer }
            let answer = try await verify(request)
            if answer.status == 200 { memo.keep(answer, for: key) }
            return answer
        }
    }

    /// The answer that is known without asking anybody; nil when there is none.
    func remembered(_ request: VerifyRequest) throws(ServiceError) -> Answer? {
        try allowList.check(request.image.repoURL)
        try allowList.check(request.capsule.repository)
        guard request.render == nil,
            let image = opener.tags.known(request.image.tag, in: request.image.repoURL),
            let capsule = opener.tags.known(request.capsule.tag, in: request.capsule.repository)
        else { return nil }
        return recall(VerdictKey(request: request, image: image.digest, capsule: capsule.digest))
    }

    private func recall(_ key: VerdictKey) -> Answer? {
        guard let answer = memo[key] else { return nil }
        metrics.verdict(ok: true, source: "memory")
        return answer
    }

    /// What the verdict hangs on; nil when a tag is not there, which the chain finds out again and reports.
    private func key(_ request: VerifyRequest) async throws -> VerdictKey? {
        async let image = digest(request.image.repoURL, request.image.tag)
        async let capsule = digest(request.capsule.repository, request.capsule.tag)
        guard let image = try await image, let capsule = try await capsule else { return nil }
        return VerdictKey(request: request, image: image, capsule: capsule)
    }

    private func digest(_ repository: Repository, _ tag: Tag) async throws -> Digest? {
        do {
            return try await opener.source(.registry(repository)).resolve(tag)?.digest
        } catch let error as OCIError where ServiceError(error).status == 422 {
            return nil
        }
    }

    private func verify(_ request: VerifyRequest) async throws -> Answer {
        let report = try await verifications.run {
            try await ReleaseVerification(opener: opener).verdict(request.verification).report
        }
        return answer(VerifyAnswer(report, for: request))
    }

    private func prepare(_ request: VerifyRequest, _ render: RenderOrder) async throws -> Answer {
        let remote = try allowList.remote(render.repository)
        do {
            let (report, preparation) = try await deliveries.prepare(
                request.verification, stage: render.stage, rollback: render.rollback, remote: remote,
                commit: render.commit, byKargo: render.byKargo)
            var document = VerifyAnswer(report, for: request)
            // Only who asks about the release that it is gets what may be written for it.
            if document.ok { document.add(preparation) }
            return answer(document)
        } catch let rejection as VerificationRejection {
            return answer(VerifyAnswer(rejection.report, for: request))
        }
    }

    private func answer(_ document: VerifyAnswer) -> Answer {
        metrics.checks(document.checks)
        metrics.verdict(ok: document.ok, source: "chain")
        return Answer(document.ok ? 200 : 422, document)
    }
}

extension VerifyRequest {
    /// The request as `capsule verify` has it.
    var verification: ReleaseVerification.Request {
        ReleaseVerification.Request(
            capsule: Location(.registry(capsule.repository), tag: capsule.tag, digest: capsule.digest),
            image: Location(.registry(image.repoURL), tag: image.tag, digest: image.digest),
            imageRepository: image.repoURL)
    }
}
