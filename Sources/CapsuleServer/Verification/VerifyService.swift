internal import CapsuleTrust
internal import Documents
internal import HTTPServer
internal import OCI
internal import ReleaseWorkflows
internal import Signing
internal import Support

/// Responds to `POST /verify`: runs the checks of `capsule verify` and, with `render`, all steps of `capsule promote`
/// before its push.
struct VerifyService: Sendable {
    let settings: SettingsStore
    let opener: CachingOpener
    let deliveries: DeliveryService
    let limiter: ConcurrencyLimiter
    let verdicts: VerdictCache
    let metrics: ServiceMetrics
    private let locks = KeyedLock<BodyKey>()

    init(
        settings: SettingsStore, opener: CachingOpener, deliveries: DeliveryService, limits: ServiceLimits,
        clock: ServiceClock, metrics: ServiceMetrics
    ) {
        self.settings = settings
        self.opener = opener
        self.deliveries = deliveries
        self.metrics = metrics
        limiter = ConcurrencyLimiter(width: limits.verifications, queue: limits.queue, clock: clock)
        verdicts = VerdictCache(limit: limits.verdicts)
    }

    /// Parses a request, and rejects one that names a repository that is not allowed.
    func request(_ body: [UInt8]) throws(ServiceError) -> VerifyRequest {
        let request = try ServiceError.parsing(body, VerifyRequest.init)
        try check(request, settings.current.allowList)
        return request
    }

    /// Responds with a verdict.
    ///
    /// - Parameters:
    ///   - request: the result of `request(_:)`.
    ///   - body: the bytes that it was parsed from.
    /// - Throws: `ServiceError`, and the errors of the libraries when the verdict is undetermined.
    func response(to request: VerifyRequest, _ body: [UInt8], for caller: Caller) async throws -> ServiceResponse {
        let current = settings.numbered
        if let render = request.render { return try await prepare(request, render, for: caller, current.settings) }
        // A witness depends on the head of the policy branch as well, so that verdicts about pairs are not cached.
        guard request.gitops == nil else { return try await verify(request, current.settings) }
        async let image = digest(request.image.repoURL, request.image.tag)
        async let capsule = digest(request.capsule.repository, request.capsule.tag)
        // The verification repeats the look-up of a tag that does not exist, and reports it.
        guard let image = try await image, let capsule = try await capsule else {
            return try await verify(request, current.settings)
        }
        // When many stages send the same request at once, the first is verified and the others read its verdict.
        return try await locks.withLock(BodyKey(body)) {
            if let verdict = verdicts[body], verdict.generation == current.generation, verdict.image == image,
                verdict.capsule == capsule
            {
                return cached(verdict)
            }
            let response = try await verify(request, current.settings)
            if response.status == 200 {
                verdicts.insert(
                    CachedVerdict(
                        request: request, generation: current.generation, image: image, capsule: capsule,
                        response: response), for: body)
            }
            return response
        }
    }

    /// The response from the caches, without any I/O; nil when there is none.
    func cachedResponse(to body: [UInt8]) throws(ServiceError) -> ServiceResponse? {
        guard let verdict = verdicts[body] else { return nil }
        let request = verdict.request
        let current = settings.numbered
        try check(request, current.settings.allowList)
        guard verdict.generation == current.generation,
            opener.tags.cached(request.image.tag, in: request.image.repoURL)?.digest == verdict.image,
            opener.tags.cached(request.capsule.tag, in: request.capsule.repository)?.digest == verdict.capsule
        else { return nil }
        return cached(verdict)
    }

    private func check(_ request: VerifyRequest, _ allowList: AllowList) throws(ServiceError) {
        try allowList.check(request.image.repoURL)
        try allowList.check(request.capsule.repository)
    }

    private func cached(_ verdict: CachedVerdict) -> ServiceResponse {
        metrics.verdict(ok: true, source: "memory")
        return verdict.response
    }

    private func digest(_ repository: Repository, _ tag: Tag) async throws -> Digest? {
        do {
            return try await opener.source(.registry(repository)).resolve(tag)?.digest
        } catch let error as OCIError where ServiceError(error).status == 422 {
            return nil
        }
    }

    private func verify(_ request: VerifyRequest, _ settings: ServiceSettings) async throws -> ServiceResponse {
        let verification = try verification(request, settings)
        guard let gitops = request.gitops else {
            let report = try await limiter.run(on: verification.hosts) {
                try await ReleaseVerification(opener: opener).verdict(verification).report
            }
            return response(VerifyResponse(report, for: request))
        }
        let remote = try settings.allowList.remote(gitops.repository)
        let report = try await deliveries.verify(verification, remote: remote, commit: gitops.commit)
        return response(VerifyResponse(report, for: request))
    }

    private func prepare(
        _ request: VerifyRequest, _ render: RenderRequest, for caller: Caller, _ settings: ServiceSettings
    ) async throws -> ServiceResponse {
        let remote = try settings.allowList.remote(render.repository)
        do {
            let (report, preparation) = try await deliveries.prepare(
                verification(request, settings), stage: render.stage, rollback: render.rollback, remote: remote,
                commit: render.commit, byKargo: render.byKargo, mayAttest: caller.mayAttest(render.stage))
            var document = VerifyResponse(report, for: request)
            // A caller whose claim about the release is wrong must not receive the rendered files.
            if document.ok { document.add(preparation) }
            return response(document)
        } catch let rejection as VerificationRejection {
            return response(VerifyResponse(rejection.report, for: request))
        }
    }

    private func verification(
        _ request: VerifyRequest, _ settings: ServiceSettings
    ) throws(DocumentError) -> ReleaseVerification.Request {
        try ReleaseVerification.Request(image: request.image, capsule: request.capsule, signedBy: settings.keys)
    }

    private func response(_ document: VerifyResponse) -> ServiceResponse {
        metrics.checks(document.checks)
        metrics.verdict(ok: document.ok, source: "chain")
        var response = ServiceResponse(document.ok ? 200 : 422, document)
        if !document.ok { response.reason = document.reason }
        return response
    }
}
