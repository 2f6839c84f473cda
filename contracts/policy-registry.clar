;; policy-registry (19): the policies from sale to end: quotes, purchase, activation, sale back, claims, expiry, indices.
;;
;; It holds no money and no collateral: the liquidity pool prices, locks and pays, the oracle says what BTC and STX are
;; worth, the parameters what is allowed, the treasury takes the fee. Rules and formulas: docs/protocol.md.

;; --- TRAITS ---

(use-trait ft .sip-010-trait.sip-010-trait)

;; --- CONSTANTS ---

(define-constant DAY u86400)
(define-constant WEEK u604800)
;; Friday 1970-01-02 08:00 UTC: expiries are whole weeks after it.
(define-constant FIRST_EXPIRY u115200)
(define-constant KIND_PUT u1)
(define-constant ACTIVE u1)
(define-constant ACTIVATED u2)
(define-constant SETTLED u3)
(define-constant EXPIRED u4)
(define-constant CANCELLED u5)
;; What stands behind a policy.
(define-constant BACKING_POOL u1)
(define-constant BACKING_PEER u2)
(define-constant BACKING_FUND u3)
(define-constant PAGE (list u0 u1 u2 u3 u4 u5 u6 u7 u8 u9 u10 u11 u12 u13 u14 u15 u16 u17 u18 u19))

;; --- ERRORS ---

(define-constant ERR_SIZE (err u1940001))
(define-constant ERR_KIND (err u1940002))
(define-constant ERR_EXPIRY_NOT_LISTED (err u1940003))
(define-constant ERR_TOKEN (err u1940004))
(define-constant ERR_COST_ABOVE_LIMIT (err u1940201))
(define-constant ERR_NOT_OWNER (err u1940301))
(define-constant ERR_INDIRECT_CALLER (err u1940302))
(define-constant ERR_UNAUTHORISED (err u1940303))
(define-constant ERR_UNKNOWN_POLICY (err u1940401))
(define-constant ERR_NOT_ACTIVE (err u1940901))
(define-constant ERR_EXPIRED (err u1940902))
(define-constant ERR_TOO_EARLY (err u1940903))
(define-constant ERR_TOO_LATE (err u1940904))
(define-constant ERR_NOT_IN_THE_MONEY (err u1940905))
(define-constant ERR_NOT_EXPIRED (err u1940906))
(define-constant ERR_BELOW_LIMIT (err u1940907))
(define-constant ERR_BACKING (err u1940908))
(define-constant ERR_PRICE_TOO_OLD (err u1950401))

;; --- DATA VARS AND MAPS ---

(define-data-var policy-count uint u0)

;; A policy. `size` in satoshis, `strike` and `floor` in USD e8, `lock`, `premium`, `fee`, `paid` in the token's base
;; unit, times in seconds. `usd` is the premium in USD e8, which counted for discounts; `paid` is what the owner was paid
;; at its end; `events` counts its history.
(define-map policies uint {
  owner: principal, kind: uint, strike: uint, expiry: uint, size: uint, tier: uint, token: principal, floor: uint,
  lock: uint, required: uint, premium: uint, usd: uint, fee: uint, created-at: uint, status: uint, backing: uint,
  provider: principal, paid: uint, closed-at: uint, events: uint })

;; Indices. Those by owner, provider and expiry only grow; the one by status moves a policy when it is written, so a
;; policy that ran out counts as active until somebody claims or expires it.
(define-map owner-index {owner: principal, at: uint} uint)
(define-map owner-count principal uint)
(define-map provider-index {provider: principal, at: uint} uint)
(define-map provider-count principal uint)
(define-map expiry-index {expiry: uint, at: uint} uint)
(define-map expiry-count uint uint)
(define-map status-index {status: uint, at: uint} uint)
(define-map status-count uint uint)
(define-map status-place uint uint)

;; What happened to a policy, in order.
(define-map policy-events {policy: uint, at: uint}
  {event: (string-ascii 12), time: uint, height: uint, amount: uint, price: uint, by: principal})

;; --- PRIVATE ---

(define-private (min-of (a uint) (b uint)) (if (< a b) a b))
(define-private (max-of (a uint) (b uint)) (if (> a b) a b))

;; A user acts through a transaction of its own or through the suite, never through somebody else's contract.
(define-private (check-direct)
  (ok (asserts! (or (is-eq contract-caller tx-sender)
    (is-some (contract-call? .upgrade-manager standing-of contract-caller))) ERR_INDIRECT_CALLER)))

(define-private (count-of (status uint)) (default-to u0 (map-get? status-count status)))

(define-private (enter-status (id uint) (status uint))
  (let ((count (count-of status)))
    (map-set status-index {status: status, at: count} id)
    (map-set status-place id count)
    (map-set status-count status (+ count u1))))

;; Takes a policy out of a status: the last of the list moves into its place.
(define-private (leave-status (id uint) (status uint))
  (let (
      (last (- (count-of status) u1))
      (place (unwrap-panic (map-get? status-place id)))
      (moved (unwrap-panic (map-get? status-index {status: status, at: last})))
    )
    (map-set status-index {status: status, at: place} moved)
    (map-set status-place moved place)
    (map-delete status-index {status: status, at: last})
    (map-set status-count status last)))

(define-private (note (id uint) (at uint) (event (string-ascii 12)) (amount uint) (price uint))
  (map-set policy-events {policy: id, at: at} {event: event, time: stacks-block-time, height: stacks-block-height,
    amount: amount, price: price, by: contract-caller}))

;; Ends an active policy.
(define-private (close (id uint) (policy {
    owner: principal, kind: uint, strike: uint, expiry: uint, size: uint, tier: uint, token: principal, floor: uint,
    lock: uint, required: uint, premium: uint, usd: uint, fee: uint, created-at: uint, status: uint, backing: uint,
    provider: principal, paid: uint, closed-at: uint, events: uint }) (status uint) (event (string-ascii 12)) (paid uint)
    (price uint))
  (begin
    (map-set policies id (merge policy {status: status, paid: paid, closed-at: stacks-block-time,
      events: (+ u1 (get events policy))}))
    (note id (get events policy) event paid price)
    (leave-status id ACTIVE)
    (enter-status id status)))

;; What the pool needs to know of a policy that leaves before its expiry.
(define-private (as-position (id uint) (policy {
    owner: principal, kind: uint, strike: uint, expiry: uint, size: uint, tier: uint, token: principal, floor: uint,
    lock: uint, required: uint, premium: uint, usd: uint, fee: uint, created-at: uint, status: uint, backing: uint,
    provider: principal, paid: uint, closed-at: uint, events: uint }))
  {id: id, tier: (get tier policy), strike: (get strike policy), expiry: (get expiry policy), size: (get size policy),
    lock: (get lock policy), required: (get required policy), floor: (get floor policy), owner: (get owner policy)})

(define-private (get-active (id uint) (token principal))
  (let ((policy (unwrap! (map-get? policies id) ERR_UNKNOWN_POLICY)))
    (asserts! (is-eq (get status policy) ACTIVE) ERR_NOT_ACTIVE)
    (asserts! (is-eq (get token policy) token) ERR_TOKEN)
    (asserts! (is-eq (get backing policy) BACKING_POOL) ERR_BACKING)
    (ok policy)))

;; Nothing is sold at a price that the market may have left: whoever saw it first would take the difference.
(define-private (check-order (kind uint) (expiry uint) (min-term uint) (priced-at uint) (max-age uint))
  (begin
    (asserts! (is-eq kind KIND_PUT) ERR_KIND)
    (asserts! (is-listed expiry) ERR_EXPIRY_NOT_LISTED)
    (asserts! (>= expiry (+ stacks-block-time min-term)) ERR_TOO_LATE)
    (ok (asserts! (<= stacks-block-time (+ priced-at max-age)) ERR_PRICE_TOO_OLD))))

(define-private (sum-part
    (part {tier: uint, size: uint, lock: uint, required: uint, floor: uint, ratio: uint, premium: uint, usd: uint,
      bounty: uint, volatility: uint, surcharge: uint, utilisation: uint, fitting: uint})
    (sum {premium: uint, usd: uint, bounty: uint}))
  {premium: (+ (get premium sum) (get premium part)), usd: (+ (get usd sum) (get usd part)),
    bounty: (+ (get bounty sum) (get bounty part))})

;; Writes the policy of one sold part. The fee is shared by premium; what rounding leaves goes to the last part.
(define-private (create
    (part {tier: uint, size: uint, lock: uint, required: uint, floor: uint, ratio: uint, premium: uint, usd: uint,
      bounty: uint, volatility: uint, surcharge: uint, utilisation: uint, fitting: uint})
    (sale {id: uint, token: principal, kind: uint, strike: uint, expiry: uint, premium: uint, fee: uint, left: uint,
      size-left: uint, spot: uint}))
  (let (
      (id (get id sale))
      (last (is-eq (get size-left sale) (get size part)))
      (fee (if last (get left sale) (/ (* (get fee sale) (get premium part)) (get premium sale))))
      (owned (get-owner-count tx-sender))
      (provided (get-provider-count .liquidity-pool))
      (expiring (get-expiry-count (get expiry sale)))
    )
    (map-set policies id {
      owner: tx-sender, kind: (get kind sale), strike: (get strike sale), expiry: (get expiry sale),
      size: (get size part), tier: (get tier part), token: (get token sale), floor: (get floor part),
      lock: (get lock part), required: (get required part), premium: (get premium part), usd: (get usd part), fee: fee,
      created-at: stacks-block-time, status: ACTIVE, backing: BACKING_POOL, provider: .liquidity-pool, paid: u0,
      closed-at: u0, events: u1 })
    (map-set owner-index {owner: tx-sender, at: owned} id)
    (map-set owner-count tx-sender (+ owned u1))
    (map-set provider-index {provider: .liquidity-pool, at: provided} id)
    (map-set provider-count .liquidity-pool (+ provided u1))
    (map-set expiry-index {expiry: (get expiry sale), at: expiring} id)
    (map-set expiry-count (get expiry sale) (+ expiring u1))
    (enter-status id ACTIVE)
    (note id u0 "created" (get premium part) (get spot sale))
    (print {event: "policy-created", policy: id, owner: tx-sender, kind: (get kind sale), strike: (get strike sale),
      expiry: (get expiry sale), size: (get size part), tier: (get tier part), token: (get token sale),
      floor: (get floor part), lock: (get lock part), required: (get required part), premium: (get premium part),
      usd: (get usd part), fee: fee, bounty: (get bounty part), volatility: (get volatility part), surcharge: (get surcharge part),
      backing: BACKING_POOL, provider: .liquidity-pool, spot: (get spot sale)})
    (merge sale {id: (+ id u1), left: (- (get left sale) fee), size-left: (- (get size-left sale) (get size part))})))

(define-private (expire-one (id uint) (count uint))
  (match (map-get? policies id) policy
    (if (and (is-eq (get status policy) ACTIVE) (>= stacks-block-time (get expiry policy)))
      (match (contract-call? .oracle get-boundary (get expiry policy)) price
        (if (>= (get btc price) (get strike policy))
          (begin
            (close id policy EXPIRED "expired" u0 (get btc price))
            (print {event: "policy-expired", policy: id, owner: (get owner policy), price: (get btc price),
              by: contract-caller})
            (+ count u1))
          count)
        count)
      count)
    count))

(define-private (owned-at (offset uint) (page {owner: principal, from: uint, ids: (list 20 uint)}))
  (match (map-get? owner-index {owner: (get owner page), at: (+ (get from page) offset)}) id
    (merge page {ids: (unwrap-panic (as-max-len? (append (get ids page) id) u20))}) page))
(define-private (provided-at (offset uint) (page {provider: principal, from: uint, ids: (list 20 uint)}))
  (match (map-get? provider-index {provider: (get provider page), at: (+ (get from page) offset)}) id
    (merge page {ids: (unwrap-panic (as-max-len? (append (get ids page) id) u20))}) page))
(define-private (expiring-at (offset uint) (page {expiry: uint, from: uint, ids: (list 20 uint)}))
  (match (map-get? expiry-index {expiry: (get expiry page), at: (+ (get from page) offset)}) id
    (merge page {ids: (unwrap-panic (as-max-len? (append (get ids page) id) u20))}) page))
(define-private (status-at (offset uint) (page {status: uint, from: uint, ids: (list 20 uint)}))
  (match (map-get? status-index {status: (get status page), at: (+ (get from page) offset)}) id
    (merge page {ids: (unwrap-panic (as-max-len? (append (get ids page) id) u20))}) page))
(define-private (week-count (offset uint) (page {week: uint, counts: (list 20 {expiry: uint, policies: uint})}))
  (let ((expiry (+ FIRST_EXPIRY (* WEEK (+ (get week page) offset)))))
    (merge page {counts: (unwrap-panic (as-max-len? (append (get counts page)
      {expiry: expiry, policies: (get-expiry-count expiry)}) u20))})))

;; --- READ-ONLY ---

(define-read-only (get-policy-count) (var-get policy-count))
(define-read-only (get-policy (id uint)) (map-get? policies id))
(define-read-only (get-policy-event (id uint) (at uint)) (map-get? policy-events {policy: id, at: at}))
(define-read-only (get-owner-count (owner principal)) (default-to u0 (map-get? owner-count owner)))
(define-read-only (get-provider-count (provider principal)) (default-to u0 (map-get? provider-count provider)))
(define-read-only (get-expiry-count (expiry uint)) (default-to u0 (map-get? expiry-count expiry)))
(define-read-only (get-status-count (status uint)) (count-of status))

;; Ids of policies, 20 at a time from a position in the index.
(define-read-only (get-policies-by-owner (owner principal) (from uint))
  (get ids (fold owned-at PAGE {owner: owner, from: from, ids: (list)})))
(define-read-only (get-policies-by-provider (provider principal) (from uint))
  (get ids (fold provided-at PAGE {provider: provider, from: from, ids: (list)})))
(define-read-only (get-policies-by-expiry (expiry uint) (from uint))
  (get ids (fold expiring-at PAGE {expiry: expiry, from: from, ids: (list)})))
(define-read-only (get-policies-by-status (status uint) (from uint))
  (get ids (fold status-at PAGE {status: status, from: from, ids: (list)})))

;; How many policies expire on each of the 20 Fridays from the first at or after a time: what is in a range of time.
(define-read-only (get-expiries-from (time uint))
  (get counts (fold week-count PAGE {week: (if (<= time FIRST_EXPIRY) u0
    (/ (+ (- (min-of time u1000000000000) FIRST_EXPIRY) (- WEEK u1)) WEEK)), counts: (list)})))

;; The status that a policy really has: u1 active, u2 activated, u3 settled, u4 expired, u5 cancelled, u6 run out and
;; waiting for its expiry's price, u7 in the money and to be claimed.
(define-read-only (get-effective-status (id uint))
  (let ((policy (unwrap! (map-get? policies id) ERR_UNKNOWN_POLICY)))
    (ok (if (or (not (is-eq (get status policy) ACTIVE)) (< stacks-block-time (get expiry policy)))
      (get status policy)
      (match (contract-call? .oracle get-boundary (get expiry policy)) price
        (if (< (get btc price) (get strike policy)) u7 EXPIRED)
        u6)))))

;; Whether policies are sold for an expiry: Fridays 08:00 UTC, the next five, then the next three whose week number
;; (weeks since the first Friday of 1970) is a multiple of four.
(define-read-only (is-listed (expiry uint))
  (if (or (< expiry FIRST_EXPIRY) (> (mod (- expiry FIRST_EXPIRY) WEEK) u0)) false
    (let (
        (week (/ (- expiry FIRST_EXPIRY) WEEK))
        (fifth (+ u5 (/ (- stacks-block-time FIRST_EXPIRY) WEEK)))
      )
      (and (> expiry stacks-block-time)
        (or (<= week fifth)
          (and (is-eq (mod week u4) u0) (<= week (+ u12 (* u4 (/ fifth u4))))))))))

;; What a policy costs `buyer` now: the parts it would be sold in, and premium, fee and bounty of all of them in the
;; token's base unit. The same figures as a purchase in the same block.
(define-read-only (get-quote (token principal) (tier uint) (kind uint) (strike uint) (expiry uint) (size uint)
    (buyer principal))
  (let (
      (config (try! (contract-call? .parameters get-policy-config)))
      (pricing (try! (contract-call? .oracle get-pricing)))
      (sizes (asserts! (and (>= size (get min-size config)) (<= size (get max-size config))) ERR_SIZE))
      (order (try! (check-order kind expiry (get min-term config) (get at pricing) (get sale-max-age config))))
      (parts (try! (contract-call? .liquidity-pool quote-sale token tier kind strike expiry size
        {btc: (get btc pricing), stx: (get stx pricing), btc-twap: (get btc-twap pricing),
          stx-twap: (get stx-twap pricing), vol-ask: (get vol-ask pricing)}
        {min-size: (get min-size config), min-lock-rate: (get min-lock-rate config),
          kink: (get surcharge-kink config), slope: (get surcharge-slope config)})))
      (total (fold sum-part parts {premium: u0, usd: u0, bounty: u0}))
      (fee (get fee (try! (contract-call? .fee-schedule quote-fee "purchase" (get premium total) buyer))))
    )
    (ok {parts: parts, premium: (get premium total), fee: fee, bounty: (get bounty total),
      total: (+ (get premium total) fee (get bounty total)), spot: (get btc pricing), stx: (get stx pricing),
      at: (get at pricing)})))

;; What the pool would pay for a policy now (`refund`, its worth `usd`), and what it would pay if activated now. Token
;; base units.
(define-read-only (get-policy-value (id uint))
  (let (
      (policy (unwrap! (map-get? policies id) ERR_UNKNOWN_POLICY))
      (config (try! (contract-call? .parameters get-policy-config)))
      (pricing (try! (contract-call? .oracle get-pricing)))
    )
    (asserts! (is-eq (get status policy) ACTIVE) ERR_NOT_ACTIVE)
    (asserts! (< stacks-block-time (get expiry policy)) ERR_EXPIRED)
    (contract-call? .liquidity-pool value-policy (get token policy) (as-position id policy)
      {btc: (get btc pricing), stx: (get stx pricing), btc-twap: (get btc-twap pricing),
        stx-twap: (get stx-twap pricing), vol-bid: (get vol-bid pricing)} (get bid-spread config))))

;; --- PUBLIC ---

;; Buys protection. The buyer (tx-sender) pays premium, fee and bounty, together at most `max-cost`, in the token. Returns
;; the id of the first policy and how many there are: two when the tier overflows proportionally.
(define-public (purchase-protection (token <ft>) (tier uint) (kind uint) (strike uint) (expiry uint) (size uint)
    (max-cost uint))
  (let (
      (direct (try! (check-direct)))
      (config (try! (contract-call? .parameters authorise-sale tx-sender size)))
      (sizes (asserts! (and (>= size (get min-size config)) (<= size (get max-size config))) ERR_SIZE))
      (pricing (try! (contract-call? .oracle get-pricing)))
      (order (try! (check-order kind expiry (get min-term config) (get at pricing) (get sale-max-age config))))
      (first (+ u1 (var-get policy-count)))
      (parts (try! (contract-call? .liquidity-pool underwrite token tier kind strike expiry size first
        {btc: (get btc pricing), stx: (get stx pricing), btc-twap: (get btc-twap pricing),
          stx-twap: (get stx-twap pricing), vol-ask: (get vol-ask pricing)}
        {min-size: (get min-size config), min-lock-rate: (get min-lock-rate config),
          kink: (get surcharge-kink config), slope: (get surcharge-slope config)})))
      (total (fold sum-part parts {premium: u0, usd: u0, bounty: u0}))
      (fee (try! (contract-call? .treasury process-fee "purchase" (get premium total) (get usd total) tx-sender token)))
      (cost (+ (get premium total) fee (get bounty total)))
    )
    (asserts! (<= cost max-cost) ERR_COST_ABOVE_LIMIT)
    (fold create parts {id: first, token: (contract-of token), kind: kind, strike: strike, expiry: expiry,
      premium: (get premium total), fee: fee, left: fee, size-left: size, spot: (get btc pricing)})
    (var-set policy-count (+ (var-get policy-count) (len parts)))
    (try! (contract-call? .analytics record-all (list {metric: "premium-usd", value: (get usd total)}
      {metric: "policies", value: (len parts)})))
    (ok {policy: first, count: (len parts), cost: cost})))

;; Exercises a policy: its owner is paid at once at the price of now, which is taken against the owner: the higher of
;; latest and 30-minute TWAP, for STX likewise. At least `min-payout`.
(define-public (activate-protection (id uint) (token <ft>) (min-payout uint))
  (let (
      (direct (try! (check-direct)))
      (policy (try! (get-active id (contract-of token))))
      (config (try! (contract-call? .parameters get-policy-config)))
      (pricing (try! (contract-call? .oracle get-pricing)))
      (spot (max-of (get btc pricing) (get btc-twap pricing)))
    )
    (asserts! (is-eq (get owner policy) tx-sender) ERR_NOT_OWNER)
    (asserts! (< stacks-block-time (get expiry policy)) ERR_EXPIRED)
    (asserts! (>= stacks-block-time (+ (get created-at policy) (get activation-delay config))) ERR_TOO_EARLY)
    (asserts! (< spot (get strike policy)) ERR_NOT_IN_THE_MONEY)
    (let ((paid (try! (contract-call? .liquidity-pool settle-early token (as-position id policy) spot
        (max-of (get stx pricing) (get stx-twap pricing))))))
      (asserts! (>= paid min-payout) ERR_BELOW_LIMIT)
      (close id policy ACTIVATED "activated" paid spot)
      (print {event: "policy-activated", policy: id, owner: tx-sender, price: spot, paid: paid})
      (ok paid))))

;; Sells a policy back to the pool at the bid. The refund is at least `min-refund` and at most the policy's lock.
(define-public (cancel-protection (id uint) (token <ft>) (min-refund uint))
  (let (
      (direct (try! (check-direct)))
      (policy (try! (get-active id (contract-of token))))
      (config (try! (contract-call? .parameters get-policy-config)))
      (pricing (try! (contract-call? .oracle get-pricing)))
    )
    (asserts! (is-eq (get owner policy) tx-sender) ERR_NOT_OWNER)
    (asserts! (< (+ stacks-block-time (get cancel-cutoff config)) (get expiry policy)) ERR_TOO_LATE)
    (try! (contract-call? .parameters check-action "sell-back" tx-sender (get size policy)))
    (let ((sold (try! (contract-call? .liquidity-pool buy-back token (as-position id policy)
        {btc: (get btc pricing), stx: (get stx pricing), btc-twap: (get btc-twap pricing),
          stx-twap: (get stx-twap pricing), vol-bid: (get vol-bid pricing)} (get bid-spread config)))))
      (asserts! (>= (get refund sold) min-refund) ERR_BELOW_LIMIT)
      (and (> (get usd policy) u0) (try! (contract-call? .fee-schedule net-volume tx-sender (get usd policy))))
      (close id policy CANCELLED "cancelled" (get refund sold) (get btc pricing))
      (print {event: "policy-cancelled", policy: id, owner: tx-sender, price: (get btc pricing),
        refund: (get refund sold)})
      (ok (get refund sold)))))

;; Settles what one bucket sold for one expiry, at the expiry's boundary price. Anybody may call it; the caller earns a
;; bounty. Policies in the money can be claimed afterwards, without a deadline.
(define-public (settle-expiry (tier uint) (token <ft>) (expiry uint))
  (contract-call? .liquidity-pool settle-expiry tier token expiry contract-caller))

;; Pays a settled policy to its owner, or ends it when it ran out of the money. Anybody may call it for anybody.
(define-public (claim-settlement (id uint) (token <ft>))
  (let ((policy (try! (get-active id (contract-of token)))))
    (asserts! (>= stacks-block-time (get expiry policy)) ERR_NOT_EXPIRED)
    (let ((claim (try! (contract-call? .liquidity-pool pay-claim token id (get tier policy) (get strike policy)
        (get expiry policy) (get size policy) (get owner policy) contract-caller))))
      (if (> (get due claim) u0)
        (begin
          (close id policy SETTLED "settled" (get paid claim) (get spot claim))
          (print {event: "policy-settled", policy: id, owner: (get owner policy), price: (get spot claim),
            due: (get due claim), paid: (get paid claim), by: contract-caller})
          (ok (get paid claim)))
        (begin
          (close id policy EXPIRED "expired" u0 (get spot claim))
          (print {event: "policy-expired", policy: id, owner: (get owner policy), price: (get spot claim),
            by: contract-caller})
          (ok u0))))))

;; Brings the index up to date: policies of the list that ran out of the money become expired. Others are left as they
;; are. Returns how many changed.
(define-public (expire-policies (ids (list 20 uint)))
  (ok (fold expire-one ids u0)))

;; Moves a peer's policy to the insurance fund; for the liquidation engine. Policies of the pool stay where they are: a
;; bucket covers them with everything it has.
(define-public (move-backing (id uint))
  (let ((policy (unwrap! (map-get? policies id) ERR_UNKNOWN_POLICY)))
    (asserts! (>= (contract-call? .upgrade-manager get-standing "liquidation-engine" contract-caller) u1)
      ERR_UNAUTHORISED)
    (asserts! (is-eq (get status policy) ACTIVE) ERR_NOT_ACTIVE)
    (asserts! (is-eq (get backing policy) BACKING_PEER) ERR_BACKING)
    (try! (contract-call? .insurance-fund take-over-policy id (get token policy) (get lock policy)))
    (map-set policies id (merge policy {backing: BACKING_FUND, provider: .insurance-fund,
      events: (+ u1 (get events policy))}))
    (note id (get events policy) "backing" (get lock policy) u0)
    (print {event: "backing-moved", policy: id, from: (get provider policy), backing: BACKING_FUND})
    (ok true)))
