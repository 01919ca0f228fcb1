internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypes

/// Bytes of a request have come.
struct BytesArrived {}

/// Stands in front of the decoder, and says that a client has begun to send.
final class ArrivalWatch: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.fireUserInboundEventTriggered(BytesArrived())
        context.fireChannelRead(data)
    }
}

/// Keeps one connection within its limits: how long a request's head and body may take to arrive, how long nothing may be
/// asked, how long answers may stay unread, and that nothing is read after an answer that did not wait for the whole request.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private enum Phase {
        /// Nothing is asked, or a head is on its way.
        case idle
        /// The body is on its way.
        case body
        /// The whole request is here.
        case whole
        /// The last answer is written; what still comes is thrown away.
        case over
    }

    private let limits: ServiceLimits
    private let lifecycle: Lifecycle
    private let metrics: ServiceMetrics
    private var phase = Phase.idle
    /// Requests whose answers are not written yet.
    private var inFlight = 0
    private var hasBytes = false
    private var answering = false
    private var closes = false
    private var discarded = 0
    /// What happens when nothing else does before the deadline.
    private var late: (deadline: NIODeadline, action: (ChannelHandlerContext) -> Void)?
    private var timer: (deadline: NIODeadline, task: Scheduled<Void>)?
    /// Ends the connection of a client that leaves its answers unread.
    private var unread: Scheduled<Void>?

    init(limits: ServiceLimits, lifecycle: Lifecycle, metrics: ServiceMetrics) {
        self.limits = limits
        self.lifecycle = lifecycle
        self.metrics = metrics
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let isTooMany = lifecycle.opened() > limits.connections
        let lifecycle = lifecycle
        context.channel.closeFuture.whenComplete { _ in lifecycle.closed() }
        wait(isTooMany ? .zero : limits.headerTime, context) { context in
            guard isTooMany else { return self.headIsLate(context) }
            self.refuse(ServiceError(503, "too many connections are open", retryAfter: 1), context)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { stop() }

    func channelInactive(context: ChannelHandlerContext) {
        stop()
        context.fireChannelInactive()
    }

    private func stop() {
        timer?.task.cancel()
        unread?.cancel()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        unread?.cancel()
        unread = nil
        if !context.channel.isWritable {
            unread = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limits.unreadTime)) {
                context.close(promise: nil)
            }
        }
        context.fireChannelWritabilityChanged()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard phase != .over else { return discard(unwrapInboundIn(data), context) }
        switch unwrapInboundIn(data) {
        case .head:
            hasBytes = false
            inFlight += 1
            phase = .body
            wait(limits.bodyTime, context) { context in
                guard self.inFlight == 1, !self.answering else { return context.close(promise: nil) }
                self.refuse(ServiceError(408, "the body did not arrive in time"), context)
            }
        case .body: break
        case .end:
            phase = .whole
            late = nil
        }
        context.fireChannelRead(data)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is BytesArrived else { return context.fireUserInboundEventTriggered(event) }
        guard phase == .idle || phase == .whole, !hasBytes else { return }
        hasBytes = true
        // A new head begins on a connection that was kept open.
        if phase == .idle { wait(limits.headerTime, context) { self.headIsLate($0) } }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard phase != .over else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(var head):
            answering = true
            // An answer before the request is whole: the rest of it is not waited for.
            if phase == .body, inFlight == 1 { closes = true }
            if lifecycle.isDraining { closes = true }
            if closes { head.headerFields[.connection] = "close" }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body: context.write(data, promise: promise)
        case .end:
            answering = false
            inFlight -= 1
            guard !closes else {
                context.writeAndFlush(data, promise: promise)
                return linger(context)
            }
            context.write(data, promise: promise)
            guard inFlight == 0, phase == .whole else { return }
            phase = .idle
            wait(hasBytes ? limits.headerTime : limits.idleTime, context) { self.headIsLate($0) }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError, phase == .idle, inFlight == 0 else {
            return context.close(promise: nil)
        }
        let isTooLarge = error == .headerOverflow
        refuse(
            isTooLarge
                ? ServiceError(
                    431, "the head of the request is larger than \(limits.headerSize) bytes, which is the limit")
                : ServiceError(400, "this is no HTTP request"), context)
    }

    private func headIsLate(_ context: ChannelHandlerContext) {
        guard hasBytes else { return context.close(promise: nil) }
        refuse(ServiceError(408, "the head of the request did not arrive in time"), context)
    }

    /// Answers instead of the service, and ends the connection.
    private func refuse(_ error: ServiceError, _ context: ChannelHandlerContext) {
        guard phase != .over else { return }
        metrics.refused(error.status)
        let answer = Answer(error)
        var head = HTTPResponse(
            status: .init(code: error.status),
            headerFields: [
                .contentType: answer.contentType, .contentLength: "\(answer.body.readableBytes)", .connection: "close",
            ])
        if let seconds = error.retryAfter { head.headerFields[.retryAfter] = "\(seconds)" }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(answer.body)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        linger(context)
    }

    /// Says that nothing more comes, and throws away for a while what the client still sends: closing at once would reset the
    /// connection before it has read the answer.
    private func linger(_ context: ChannelHandlerContext) {
        phase = .over
        context.channel.close(mode: .output, promise: nil)
        wait(limits.lingerTime, context) { $0.close(promise: nil) }
    }

    private func discard(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        guard case .body(let bytes) = part else { return }
        discarded += bytes.readableBytes
        if discarded > limits.lingerSize { context.close(promise: nil) }
    }

    private func wait(
        _ time: Duration, _ context: ChannelHandlerContext, _ action: @escaping (ChannelHandlerContext) -> Void
    ) {
        let deadline = NIODeadline.now() + TimeAmount(time)
        late = (deadline, action)
        // Each request moves the deadline several times. A timer that rings too early looks where it is now, so it is left as
        // it is; only one that would ring too late is replaced.
        if let timer, timer.deadline <= deadline { return }
        timer?.task.cancel()
        ring(at: deadline, context)
    }

    private func ring(at deadline: NIODeadline, _ context: ChannelHandlerContext) {
        let task = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
            self.timer = nil
            guard let late = self.late else { return }
            guard late.deadline <= .now() else { return self.ring(at: late.deadline, context) }
            self.late = nil
            late.action(context)
        }
        timer = (deadline, task)
    }
}

@available(*, unavailable)
extension ConnectionGuard: Sendable {}

@available(*, unavailable)
extension ArrivalWatch: Sendable {}
