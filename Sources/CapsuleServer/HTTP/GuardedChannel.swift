internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOSSL

/// HTTP/1.1 on a connection that is watched, and encrypted where there is a certificate.
struct GuardedChannel: ServerChildChannel {
    typealias Value = HTTP1Channel.Value

    private let base: HTTP1Channel
    private let certificates: CertificateStore?

    /// - Parameters:
    ///   - handler: what answers requests.
    ///   - service: what it asks; what it remembers is asked at once.
    init(
        _ handler: @escaping HTTPChannelHandler.Responder, service: ServiceResponder, certificates: CertificateStore?
    ) {
        self.certificates = certificates
        let limits = service.limits
        base = HTTP1Channel(
            responder: handler,
            configuration: .init(
                additionalChannelHandlers: [
                    ConnectionGuard(limits: limits, lifecycle: service.lifecycle, metrics: service.metrics),
                    RecallHandler(responder: service),
                ],
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: limits.headerFieldSize, maxHeaderListSize: limits.headerSize,
                    maxHeaderFieldCount: limits.headerCount)))
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            if let certificates { try pipeline.addHandler(NIOSSLServerHandler(context: certificates.context)) }
            try pipeline.addHandler(ArrivalWatch())
        }.flatMap { base.setup(channel: channel, logger: logger) }
    }

    func handle(value: Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}
