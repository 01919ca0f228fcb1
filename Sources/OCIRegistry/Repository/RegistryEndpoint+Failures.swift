internal import HTTPMessages
internal import OCI

extension RegistryEndpoint {
    /// The error code for a manifest that was pushed before content that it refers to.
    static let blobUnknown = "MANIFEST_BLOB_UNKNOWN"

    /// The error for an unexpected response. Reads the body for what the registry says.
    func failure(_ response: TransportResponse, doing: String) async -> OCIError {
        failure(response, await refusal(response), doing: doing)
    }

    /// What the registry says in a response that refuses a request.
    func refusal(_ response: TransportResponse) async -> RegistryRefusal {
        RegistryRefusal(
            status: response.status, body: try? await response.collect(upTo: configuration.limits.answerSize),
            secrets: authenticator.secrets(for: repository))
    }

    /// The error for a response with this refusal.
    func failure(_ response: TransportResponse, _ refusal: RegistryRefusal, doing: String) -> OCIError {
        let host = response.address.origin.authority
        let said = refusal.summary
        if refusal.has(Self.blobUnknown) {
            return OCIError(
                .notFound,
                "\(doing): the manifest refers to content that \(host) does not have (\(said)); store that first")
        }
        if refusal.has("DIGEST_INVALID", "SIZE_INVALID") {
            return OCIError(
                .contentMismatch,
                "\(doing): the content that \(host) received does not match its digest (\(said)); a proxy altered it. Try again"
            )
        }
        if refusal.requiresClientCertificate {
            return OCIError(
                .unauthorized,
                "\(doing): \(host) requires a client certificate (\(said)); \(TransportFailure.clientCertificateRemedy)"
            )
        }
        switch response.status {
        case 401 where response.address.origin != base, 403 where response.address.origin != base:
            return OCIError(
                .unauthorized,
                "\(doing): \(host), to which \(base.authority) directs the request, denies access (\(said)). The address may "
                    + "have expired: try again; if it repeats, ask the registry's operator")
        case 400 where response.address.origin.scheme == .http && refusal.isSilent:
            return OCIError(
                .protocolViolation,
                "\(doing): \(host) answers 400 to a request over plain HTTP; \(TransportFailure.plainHTTPRemedy)")
        case 401:
            return OCIError(
                .unauthorized,
                "\(doing): \(host) requires authentication (\(said)); \(LoginAdvice(registry: repository.registry).missing)"
            )
        case 403:
            let login = authenticator.knownLogin(for: repository)
            return OCIError(
                .unauthorized,
                "\(doing): \(host) denies access\(login.map { " to the \($0)" } ?? "") (\(said)); "
                    + LoginAdvice(registry: repository.registry, login: login).denied)
        case 404, 410:
            return OCIError(.notFound, "\(doing): not found on \(host) (\(said)); check the name")
        case 405, 501:
            return OCIError(.unsupported, "\(doing): \(host) does not support this request (\(said))")
        case 413:
            return OCIError(
                .tooLarge, "\(doing): the content is too large for \(host) (\(said)); ask the registry's operator")
        case 408, 425, 429, 500...:
            return OCIError(
                .unavailable, "\(doing): \(host) answers \(said); try again later, or ask the registry's operator")
        case 400..<500 where !refusal.codes.isEmpty:
            return OCIError(.refused, "\(doing): \(host) refuses it (\(said)); \(advice(refusal))")
        default:
            return OCIError(.protocolViolation, "\(doing): \(host) sent an unexpected response (\(said))")
        }
    }

    private func advice(_ refusal: RegistryRefusal) -> String {
        guard refusal.isAboutMediaType else { return "ask the registry's operator which rule it breaks" }
        return
            "let the registry's operator allow the type: GitLab does so with REGISTRY_FF_DYNAMIC_MEDIA_TYPES=true, and Quay "
            + "with IGNORE_UNKNOWN_MEDIATYPES: true"
    }
}
