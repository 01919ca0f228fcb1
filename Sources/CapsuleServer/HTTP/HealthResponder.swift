internal import HTTPServer

/// Responds on the port for probes and metrics, and to nothing else.
struct HealthResponder: Responder {
    let service: ServiceResponder

    func response(toHead request: Request) -> Response? {
        guard Route(path: request.path)?.isProbe == true else { return service.refuseOnHealthPort(request) }
        return service.response(toHead: request)
    }

    func isProbe(_ request: Request) -> Bool { service.isProbe(request) }

    func immediateResponse(to request: Request) -> Response? { service.immediateResponse(to: request) }

    func response(to refusal: Refusal) -> Response { service.response(to: refusal) }

    func response(to request: Request) async -> Response { await service.response(to: request) }
}
