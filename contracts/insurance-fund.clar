;; insurance-fund (17): the backstop that pays what pools cannot, and takes over policies whose backing failed.
;; Only a pool can draw cover, within limits by event and by period, and only into the vault; governance can take out no
;; more than stands above the target. Nothing here stops a payment of claims. The fund is not invested: cover that may be
;; lent out or underwater when it is needed is none. Amounts in base units, ratios in ppm; each token stands alone.
;; Reentrancy: books fall before a token is called and rise after it has delivered; nothing read before a call is written
;; after it; a token's code can move only the amount in hand, of its own token.

;; --- TRAITS ---
(use-trait ft .sip-010-trait.sip-010-trait)

;; --- CONSTANTS ---
(define-constant PPM u1000000)
(define-constant RETIRING u1)
(define-constant PERIOD u2592000)
;; Above any supply; its product with a ratio stays below 2^128.
(define-constant MAX_AMOUNT u1000000000000000000)

;; --- ERRORS ---
(define-constant ERR_INVALID_AMOUNT (err u1740001))
(define-constant ERR_INVALID_SETTING (err u1740002))
(define-constant ERR_WRONG_TOKEN (err u1740003))
(define-constant ERR_INSUFFICIENT_FUND (err u1740201))
(define-constant ERR_NOT_SUITE (err u1740301))
(define-constant ERR_INDIRECT_CALLER (err u1740302))
(define-constant ERR_TRANSFER_FAILED (err u1740303))
(define-constant ERR_TOKEN_NOT_ACCEPTED (err u1740401))
(define-constant ERR_UNKNOWN_ACTIVATION (err u1740402))
(define-constant ERR_UNKNOWN_POLICY (err u1740403))
(define-constant ERR_ALREADY_TAKEN (err u1740901))
(define-constant ERR_WRITTEN_OFF (err u1740902))
(define-constant ERR_BELOW_TARGET (err u1741201))
(define-constant ERR_WITHDRAWALS_FROZEN (err u1750301))

;; --- DATA VARS ---
(define-data-var activation-count uint u0)
(define-data-var contribution-count uint u0)
(define-data-var withdrawals-frozen bool false)

;; --- MAPS ---
;; Settings: the fund should hold the larger of min-size and target-ratio of what the vault holds; of what it has, an
;; event may use event-limit and 30 days period-limit; fees should contribute base-rate, up to max-rate when it is low.
(define-map settings principal {accepted: bool, min-size: uint, target-ratio: uint, event-limit: uint,
  period-limit: uint, base-rate: uint, max-rate: uint, gauge: (string-ascii 24)})
;; size: all it holds; reserved: of that, for policies taken over; used: cover paid in `period`.
(define-map funds principal {size: uint, reserved: uint, period: uint, used: uint, contributed: uint, covered: uint,
  settled: uint, recovered: uint, withdrawn: uint})
(define-map sources {source: principal, token: principal} {amount: uint, count: uint})
(define-map contributions uint {source: principal, token: principal, amount: uint, at: uint})
;; Cover by event: `reference` is the expiry it was asked for.
(define-map cover {token: principal, reference: uint} {asked: uint, paid: uint})
(define-map activations uint {token: principal, category: (string-ascii 16), reference: uint, asked: uint, paid: uint,
  recovered: uint, written-off: bool, at: uint})
(define-map taken-policies {registry: principal, policy-id: uint}
  {token: principal, lock: uint, settled: bool, paid: uint, at: uint})

;; --- PRIVATE ---
(define-private (governed (function (string-ascii 40)) (args (optional (buff 2048))))
  (contract-call? .governance consume-action function (sha256 (unwrap-panic args)) contract-caller))

(define-private (check-amount (amount uint))
  (ok (asserts! (and (> amount u0) (<= amount MAX_AMOUNT)) ERR_INVALID_AMOUNT)))

(define-private (check-suite (name (string-ascii 40)))
  (ok (asserts! (>= (contract-call? .upgrade-manager get-standing name contract-caller) RETIRING) ERR_NOT_SUITE)))

(define-private (min-of (a uint) (b uint)) (if (< a b) a b))

(define-private (less (a uint) (b uint)) (if (> a b) (- a b) u0))

;; What a limit still allows: a share of what there would be had nothing been used, less what was.
(define-private (left-of (free uint) (used uint) (limit uint)) (less (/ (* (+ free used) limit) PPM) used))

;; The STX face moves native STX, which needs an allowance of its own; for every other token that one is zero.
(define-private (stx-part (token principal) (amount uint)) (if (is-eq token .stx-token) amount u0))

(define-private (collect (token <ft>) (amount uint))
  (begin
    (try! (check-amount amount))
    (asserts! (or (is-eq contract-caller tx-sender)
      (is-some (contract-call? .upgrade-manager standing-of contract-caller))) ERR_INDIRECT_CALLER)
    (asserts! (is-accepted (contract-of token)) ERR_TOKEN_NOT_ACCEPTED)
    (ok (unwrap! (restrict-assets? tx-sender
        ((with-ft (contract-of token) "*" amount) (with-stx (stx-part (contract-of token) amount)))
        (try! (contract-call? token transfer amount tx-sender current-contract none)))
      ERR_TRANSFER_FAILED))))

(define-private (pay (token <ft>) (amount uint) (recipient principal))
  (ok (unwrap! (as-contract?
      ((with-ft (contract-of token) "*" amount) (with-stx (stx-part (contract-of token) amount)))
      (try! (contract-call? token transfer amount current-contract recipient none)))
    ERR_TRANSFER_FAILED)))

(define-private (record-activation (token principal) (category (string-ascii 16)) (reference uint) (asked uint) (paid uint))
  (let ((id (+ (var-get activation-count) u1)))
    (var-set activation-count id)
    (map-set activations id {token: token, category: category, reference: reference, asked: asked, paid: paid,
      recovered: u0, written-off: false, at: stacks-block-time})
    id))

(define-private (record-contribution (source principal) (token principal) (amount uint))
  (let (
      (fund (get-fund token))
      (id (+ (var-get contribution-count) u1))
      (key {source: source, token: token})
      (so-far (default-to {amount: u0, count: u0} (map-get? sources key)))
      (size (+ (get size fund) amount)))
    (var-set contribution-count id)
    (map-set contributions id {source: source, token: token, amount: amount, at: stacks-block-time})
    (map-set sources key {amount: (+ (get amount so-far) amount), count: (+ (get count so-far) u1)})
    (map-set funds token (merge fund {size: size, contributed: (+ (get contributed fund) amount)}))
    (print {event: "contribution-made", id: id, token: token, amount: amount, by: source, size: size})))

;; --- READ-ONLY ---
;; Whether contributions of a token are taken.
(define-read-only (is-accepted (token principal)) (get accepted (get-settings token)))

;; A token's settings; zeroes when never set.
(define-read-only (get-settings (token principal))
  (default-to {accepted: false, min-size: u0, target-ratio: u0, event-limit: u0, period-limit: u0, base-rate: u0,
    max-rate: u0, gauge: ""} (map-get? settings token)))

;; A token's figures; `used` counts for the present 30-day period.
(define-read-only (get-fund (token principal))
  (let (
      (fund (default-to {size: u0, reserved: u0, period: u0, used: u0, contributed: u0, covered: u0, settled: u0,
        recovered: u0, withdrawn: u0} (map-get? funds token)))
      (period (/ stacks-block-time PERIOD)))
    (merge fund {period: period, used: (if (is-eq period (get period fund)) (get used fund) u0)})))

;; All the fund holds of a token.
(define-read-only (get-fund-size (token principal)) (get size (get-fund token)))

;; What the fund should hold, given what the vault does.
(define-private (target-size (tvl uint) (rules {accepted: bool, min-size: uint, target-ratio: uint, event-limit: uint,
    period-limit: uint, base-rate: uint, max-rate: uint, gauge: (string-ascii 24)}))
  (let ((share (/ (+ (* tvl (get target-ratio rules)) (- PPM u1)) PPM)))
    (if (> share (get min-size rules)) share (get min-size rules))))

;; Size, free part, the vault's balance and the size's ratio to it (0 when it is empty), target, and the share of fees
;; that should come in: from base-rate at the target to max-rate at nothing.
(define-read-only (get-fund-status (token principal))
  (let (
      (rules (get-settings token))
      (fund (get-fund token))
      (size (get size fund))
      (tvl (get balance (contract-call? .liquidity-pool-vault get-token token)))
      (target (target-size tvl rules)))
    {size: size, free: (- size (get reserved fund)), tvl: tvl, ratio: (if (is-eq tvl u0) u0 (/ (* size PPM) tvl)),
      target: target, healthy: (>= size target), below-minimum: (< size (get min-size rules)),
      contribution-rate: (+ (get base-rate rules) (if (is-eq target u0) u0
        (/ (* (less target size) (- (get max-rate rules) (get base-rate rules))) target))),
      withdrawals-frozen: (var-get withdrawals-frozen)}))

;; What the fund should hold: the larger of its minimum and the target ratio of the vault's balance.
(define-read-only (get-target-size (token principal)) (get target (get-fund-status token)))

;; The share of fees that should go to the fund, ppm.
(define-read-only (get-recommended-contribution-rate (token principal)) (get contribution-rate (get-fund-status token)))

;; What an event may still draw now: the least of the free fund, the event's limit and the period's.
(define-read-only (get-coverable (token principal) (reference uint))
  (let (
      (rules (get-settings token))
      (fund (get-fund token))
      (free (- (get size fund) (get reserved fund)))
      (paid (get paid (get-cover token reference))))
    (min-of free (min-of (left-of free paid (get event-limit rules)) (left-of free (get used fund) (get period-limit rules))))))

;; Cover of an event so far: asked and paid.
(define-read-only (get-cover (token principal) (reference uint))
  (default-to {asked: u0, paid: u0} (map-get? cover {token: token, reference: reference})))

;; One use of the fund and what has come back of it, by number from 1.
(define-read-only (get-activation (id uint)) (map-get? activations id))

;; --- PUBLIC ---
;; Takes a contribution from tx-sender. Anyone, directly or through the suite. Errors: amount, token, caller, the token's
;; own.
(define-public (contribute-to-fund (amount uint) (token <ft>))
  (begin
    (try! (collect token amount))
    (record-contribution tx-sender (contract-of token) amount)
    (ok true)))

;; Counts what lies here unaccounted for (gifts, payments by plain transfer) as the fund's own contribution; returns it.
(define-public (book-surplus (token <ft>))
  (let ((balance (try! (contract-call? token get-balance current-contract))) (size (get-fund-size (contract-of token))))
    (asserts! (is-accepted (contract-of token)) ERR_TOKEN_NOT_ACCEPTED)
    (asserts! (> balance size) ERR_INVALID_AMOUNT)
    (record-contribution current-contract (contract-of token) (- balance size))
    (ok (- balance size))))

;; Pays into the vault what it can of a shortfall of `amount` at the expiry `reference`, and returns that: 0 when there is
;; nothing to pay, also for a token it does not know. By a pool, also retiring. Errors: caller, amount, the token's own.
(define-public (cover-shortfall (reference uint) (amount uint) (token <ft>))
  (let (
      (key (contract-of token))
      (fund (get-fund key))
      (so-far (get-cover key reference))
      (paid (min-of amount (get-coverable key reference)))
      (size (- (get size fund) paid)))
    (try! (check-suite "liquidity-pool"))
    (try! (check-amount amount))
    (map-set funds key (merge fund
      {size: size, used: (+ (get used fund) paid), covered: (+ (get covered fund) paid)}))
    (map-set cover {token: key, reference: reference}
      {asked: (+ (get asked so-far) amount), paid: (+ (get paid so-far) paid)})
    (let ((id (record-activation key "shortfall" reference amount paid)))
      (and (> paid u0) (try! (pay token paid .liquidity-pool-vault)))
      (print {event: "shortfall-covered", id: id, token: key, reference: reference, asked: amount, paid: paid, size: size,
        by: contract-caller})
      (ok paid))))

;; Takes over the promise of a policy whose backing has failed or has been paid in here before: `lock` of the free fund is
;; set aside for it. By a registry, also retiring. Errors: caller, amount, known already, not enough that is free.
(define-public (take-over-policy (policy-id uint) (token principal) (lock uint))
  (let ((fund (get-fund token)) (reserved (+ (get reserved fund) (min-of lock MAX_AMOUNT))))
    (try! (check-suite "policy-registry"))
    (try! (check-amount lock))
    (asserts! (>= (get size fund) reserved) ERR_INSUFFICIENT_FUND)
    (asserts! (map-insert taken-policies {registry: contract-caller, policy-id: policy-id}
      {token: token, lock: lock, settled: false, paid: u0, at: stacks-block-time}) ERR_ALREADY_TAKEN)
    (map-set funds token (merge fund {reserved: reserved}))
    (print {event: "policy-taken-over", registry: contract-caller, policy-id: policy-id, token: token, lock: lock,
      reserved: reserved})
    (ok true)))

;; Settles a policy taken over: pays `amount`, at most its lock, to `recipient`, and frees the rest; amount 0 frees all. By
;; the registry that handed it over. Errors: caller, unknown or settled policy, token, amount, the token's own.
(define-public (settle-taken-policy (policy-id uint) (amount uint) (recipient principal) (token <ft>))
  (let (
      (key (contract-of token))
      (place {registry: contract-caller, policy-id: policy-id})
      (policy (unwrap! (map-get? taken-policies place) ERR_UNKNOWN_POLICY))
      (fund (get-fund key)))
    (try! (check-suite "policy-registry"))
    (asserts! (not (get settled policy)) ERR_UNKNOWN_POLICY)
    (asserts! (is-eq key (get token policy)) ERR_WRONG_TOKEN)
    (asserts! (<= amount (get lock policy)) ERR_INVALID_AMOUNT)
    (map-set taken-policies place (merge policy {settled: true, paid: amount}))
    (map-set funds key (merge fund {size: (- (get size fund) amount), reserved: (- (get reserved fund) (get lock policy)),
      settled: (+ (get settled fund) amount)}))
    (and (> amount u0) (> (record-activation key "taken-policy" policy-id (get lock policy) amount) u0)
      (try! (pay token amount recipient)))
    (print {event: "taken-policy-settled", registry: contract-caller, policy-id: policy-id, token: key, amount: amount,
      recipient: recipient, released: (- (get lock policy) amount)})
    (ok true)))

;; Pays back what has been recovered of an activation, from tx-sender. Anyone, directly or through the suite. Errors:
;; unknown or written off, token, amount above what is outstanding, caller, the token's own.
(define-public (record-recovery (id uint) (amount uint) (token <ft>))
  (let ((key (contract-of token)))
    (try! (collect token amount))
    (let (
        (activation (unwrap! (map-get? activations id) ERR_UNKNOWN_ACTIVATION))
        (recovered (+ (get recovered activation) amount))
        (fund (get-fund key)))
      (asserts! (is-eq key (get token activation)) ERR_WRONG_TOKEN)
      (asserts! (not (get written-off activation)) ERR_WRITTEN_OFF)
      (asserts! (<= recovered (get paid activation)) ERR_INVALID_AMOUNT)
      (map-set activations id (merge activation {recovered: recovered}))
      (map-set funds key (merge fund {size: (+ (get size fund) amount), recovered: (+ (get recovered fund) amount)}))
      (print {event: "recovery-made", id: id, token: key, amount: amount, recovered: recovered,
        size: (+ (get size fund) amount), by: contract-caller})
      (ok true))))

;; Reports the fund's ratio as a gauge to analytics. Anyone.
(define-public (report-health (token principal))
  (let ((ratio (get ratio (get-fund-status token))))
    (asserts! (is-accepted token) ERR_TOKEN_NOT_ACCEPTED)
    (try! (contract-call? .analytics set-gauge (get gauge (get-settings token)) ratio))
    (print {event: "health-reported", token: token, ratio: ratio, by: contract-caller})
    (ok ratio)))

;; --- GOVERNED ---
;; Stops what governance takes out, at once, also by a guardian; only governance allows it again. Claims go on.
(define-public (set-withdrawals-frozen (frozen bool))
  (begin
    (if (and frozen (contract-call? .governance has-role contract-caller "guardian")) true
      (try! (governed "set-withdrawals-frozen" (to-consensus-buff? {frozen: frozen}))))
    (var-set withdrawals-frozen frozen)
    (print {event: "withdrawals-frozen-set", frozen: frozen, by: contract-caller})
    (ok true)))

;; Sets a token's rules; ratios in ppm. Errors: a limit or rate above 100 %, base above max, target above ten times.
(define-public (set-fund-rules (token principal) (rules {accepted: bool, min-size: uint, target-ratio: uint,
    event-limit: uint, period-limit: uint, base-rate: uint, max-rate: uint, gauge: (string-ascii 24)}))
  (begin
    (try! (governed "set-fund-rules" (to-consensus-buff? {token: token, rules: rules})))
    (asserts! (and (<= (get min-size rules) MAX_AMOUNT) (<= (get target-ratio rules) (* u10 PPM))
      (<= (get event-limit rules) PPM) (<= (get period-limit rules) PPM) (<= (get max-rate rules) PPM)
      (<= (get base-rate rules) (get max-rate rules))) ERR_INVALID_SETTING)
    (map-set settings token rules)
    (print (merge rules {event: "fund-rules-set", token: token, by: contract-caller}))
    (ok true)))

;; Takes out what stands free above the target; everything that is free when it goes to the fund's successor in the upgrade
;; manager. Errors: frozen, amount, below target, the token's own.
(define-public (withdraw-surplus (token <ft>) (amount uint) (recipient principal))
  (let (
      (key (contract-of token))
      (fund (get-fund key))
      (size (less (get size fund) amount))
      (successor (and (not (is-eq recipient current-contract))
        (is-eq (contract-call? .upgrade-manager get-standing "insurance-fund" recipient) u2))))
    (try! (governed "withdraw-surplus" (to-consensus-buff? {token: key, amount: amount, recipient: recipient})))
    (asserts! (not (var-get withdrawals-frozen)) ERR_WITHDRAWALS_FROZEN)
    (try! (check-amount amount))
    (asserts! (>= (get size fund) (+ amount (get reserved fund))) ERR_INSUFFICIENT_FUND)
    (asserts! (or successor (>= size (+ (get reserved fund) (get-target-size key)))) ERR_BELOW_TARGET)
    (map-set funds key (merge fund {size: size, withdrawn: (+ (get withdrawn fund) amount)}))
    (try! (pay token amount recipient))
    (print {event: "surplus-withdrawn", token: key, amount: amount, recipient: recipient, size: size, by: contract-caller})
    (ok true)))

;; Gives up on recovering an activation. Errors: unknown, written off already.
(define-public (write-off (id uint))
  (let ((activation (unwrap! (map-get? activations id) ERR_UNKNOWN_ACTIVATION)))
    (try! (governed "write-off" (to-consensus-buff? {id: id})))
    (asserts! (not (get written-off activation)) ERR_WRITTEN_OFF)
    (map-set activations id (merge activation {written-off: true}))
    (print {event: "recovery-written-off", id: id, lost: (- (get paid activation) (get recovered activation)),
      by: contract-caller})
    (ok true)))
