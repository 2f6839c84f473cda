;; liquidity-pool: the providers' capital, in buckets of one risk tier and one token each.
;;
;; A bucket is an asynchronous vault. It counts assets, locks, shares, requests and reserves; it never looks at a token
;; balance. Custody is the vault contract's; prices are the oracle's; policies are the registry's. A loss in one bucket
;; never touches another. Formulas and their reasons: docs/protocol.md.

;; --- TRAITS ---

(use-trait ft .sip-010-trait.sip-010-trait)

;; --- CONSTANTS ---

(define-constant PPM u1000000)
(define-constant ONE u1000000000000)
(define-constant YEAR u31536000)
(define-constant DAY u86400)
;; Epochs end at 08:00 UTC.
(define-constant BOUNDARY_OFFSET u28800)
;; Requests take part in a close when they were made this long before its boundary.
(define-constant CUTOFF u3600)
;; Without a close for so long, deposits can be taken back and sBTC leaves at its guaranteed value.
(define-constant DEAD_AFTER u259200)
;; Virtual shares and asset: the first depositor cannot inflate the price of a share.
(define-constant VIRTUAL_SHARES u1000000)
(define-constant VIRTUAL_ASSETS u1)
;; Beyond these a product could pass 2^128.
(define-constant MAX_ASSETS u1000000000000000)
(define-constant MAX_SHARES u100000000000000000000000)
;; 10,000 BTC and a thousand million USD.
(define-constant MAX_SIZE u1000000000000)
(define-constant MAX_PRICE u100000000000000000)
;; The most that the fund can be asked for.
(define-constant MAX_COVER u1000000000000000000)
;; The most that `option-math` prices; ppm a year.
(define-constant MAX_VOLATILITY u10000000)
;; Below this the exit index has lost its digits and a new generation of tickets starts.
(define-constant INDEX_FLOOR u1000000)
(define-constant ASSET_BTC u1)
(define-constant ASSET_STX u2)
(define-constant KIND_PUT u1)
(define-constant CURRENT u2)
(define-constant RETIRING u1)
(define-constant POWERS (list u10 u100 u1000 u10000 u100000 u1000000 u10000000 u100000000 u1000000000 u10000000000
  u100000000000 u1000000000000 u10000000000000 u100000000000000 u1000000000000000 u10000000000000000))

;; --- ERRORS ---

(define-constant ERR_AMOUNT (err u1840001))
(define-constant ERR_KIND (err u1840002))
(define-constant ERR_STRIKE_OFF_GRID (err u1840003))
(define-constant ERR_STRIKE_OUTSIDE_TIER (err u1840004))
(define-constant ERR_TERM_TOO_LONG (err u1840005))
(define-constant ERR_BAD_SETTING (err u1840006))
(define-constant ERR_NOT_SBTC (err u1840007))
(define-constant ERR_INSUFFICIENT_SHARES (err u1840201))
(define-constant ERR_UNAUTHORISED (err u1840301))
(define-constant ERR_INDIRECT_CALLER (err u1840302))
(define-constant ERR_UNKNOWN_TOKEN (err u1840401))
(define-constant ERR_UNKNOWN_TIER (err u1840402))
(define-constant ERR_UNKNOWN_BUCKET (err u1840403))
(define-constant ERR_UNKNOWN_SERIES (err u1840404))
(define-constant ERR_NOTHING_TO_SETTLE (err u1840405))
(define-constant ERR_NOTHING_TO_CLAIM (err u1840406))
(define-constant ERR_NOTHING_TO_CANCEL (err u1840407))
(define-constant ERR_CLOSE_DUE (err u1840901))
(define-constant ERR_CLOSE_NOT_DUE (err u1840902))
(define-constant ERR_SETTLE_FIRST (err u1840903))
(define-constant ERR_NOT_EXPIRED (err u1840904))
(define-constant ERR_REQUESTS_CLOSED (err u1840905))
(define-constant ERR_NO_YIELD (err u1840906))
(define-constant ERR_TOKEN_INACTIVE (err u1840907))
(define-constant ERR_NOT_SETTLED (err u1840908))
(define-constant ERR_CLOSES_RUNNING (err u1840909))
(define-constant ERR_SERIES_SHORT (err u1841201))
(define-constant ERR_CAPACITY (err u1842301))
(define-constant ERR_DEPOSIT_CAPACITY (err u1842302))
(define-constant ERR_BOOK_FULL (err u1842303))
(define-constant ERR_NO_BOUNDARY_PRICE (err u1850401))

;; --- DATA VARS AND MAPS ---

;; Tokens that may be collateral, by principal. Ratios in ppm; amounts in the token's base unit. `decimals` and
;; `price-feed` inform; `liquidation-threshold` is for peers' accounts, which come with the market.
(define-map collateral-tokens principal {
  symbol: (string-ascii 10), decimals: uint, asset: uint, collateralization-ratio: uint, liquidation-threshold: uint,
  price-feed: principal, min-deposit: uint, min-premium: uint, bounty: uint, active: bool })

;; Risk tiers. Strikes in ppm of spot, from min-strike up to but not including max-strike; ratios and fees in ppm.
(define-map tiers uint {
  name: (string-ascii 20), min-strike: uint, max-strike: uint, grid: uint, floor-ratio: uint, markup: uint, skew: uint,
  max-duration: uint, utilisation-limit: uint, buffer: uint, exit-fee: uint, exit-fee-slope: uint, isolated: bool,
  overflow: (string-ascii 20) })

;; A bucket's figures. `required` is the collateral that an STX bucket's promises call for, in USD e8 including the
;; ratio. Requests are for the open `epoch` (-now) or for the one after it (-next). `due` is the first boundary at which
;; the open epoch may close, `next-request` the time of the last request for the epoch after it. `fresh` is what of the
;; assets came as premiums since the last close: it backs no sale yet, or the parts of a split trade would be cheaper.
(define-map buckets {tier: uint, token: principal} {
  capacity: uint, assets: uint, fresh: uint, locked: uint, required: uint, shares: uint, generation: uint,
  queued: uint, index: uint, sum: uint, exit-generation: uint,
  epoch: uint, boundary: uint, due: uint, next-request: uint,
  deposits-now: uint, deposits-next: uint, exits-now: uint, exits-next: uint,
  refunds: uint, filled: uint, claims: uint, pot: uint,
  policies: uint, premiums: uint, payouts: uint, live: (list 10 uint) })

;; What a bucket has sold for one expiry. `keys` and `series` run in parallel; a key is strike * 4 + kind.
(define-map books {tier: uint, token: principal, expiry: uint} {
  keys: (list 32 uint),
  series: (list 32 {strike: uint, floor: uint, ratio: uint, size: uint, locked: uint, required: uint}),
  locked: uint, required: uint, policies: uint })

;; What a settled expiry came to, and what each series in the money has still to pay.
(define-map settlements {tier: uint, token: principal, expiry: uint}
  {spot: uint, stx: uint, due: uint, reserved: uint, covered: uint, owed: uint, at: uint})
(define-map claims {tier: uint, token: principal, expiry: uint, key: uint}
  {spot: uint, stx: uint, floor: uint, due: uint, reserved: uint, size-left: uint, reserve-left: uint})

;; The closes, which are also the yield history: exit index and sum before the fill, and NAV and shares as the pairs that
;; requests are carried out at, virtual unit and shares included: deposits at the higher NAV (low marks), exits at the
;; lower one (high marks). The event shows both NAVs as they are.
(define-map epochs {tier: uint, token: principal, epoch: uint} {
  boundary: uint, spot: uint, stx: uint, nav-deposit: uint, nav-exit: uint, shares: uint, generation: uint, returned: bool,
  index: uint, sum: uint, exit-generation: uint, exited: uint, paid: uint, deposited: uint, assets: uint, locked: uint })

;; Where a generation of exit tickets ended.
(define-map exit-generations {tier: uint, token: principal, generation: uint} {index: uint, sum: uint})

;; A provider in a bucket. `basis` is what was paid in for `shares`; a ticket's basis goes with it. `pending` waits for
;; the close of its epoch; `claimable` is ready to be paid, `returned` likewise (deposits that were not taken).
(define-map positions {tier: uint, token: principal, provider: principal} {
  shares: uint, generation: uint, basis: uint,
  pending: (list 2 {epoch: uint, deposit: uint, exit: uint, basis: uint, generation: uint}),
  ticket: {shares: uint, index: uint, sum: uint, generation: uint, basis: uint},
  claimable: uint, returned: uint, proceeds: uint, basis-returned: uint })

;; Keepers' bounties, paid in advance by the policies and deposits that they served.
(define-map credits {who: principal, token: principal} uint)
(define-map credit-totals principal uint)

;; --- ARITHMETIC ---

(define-private (min-of (a uint) (b uint)) (if (< a b) a b))
(define-private (max-of (a uint) (b uint)) (if (> a b) a b))
(define-private (less (a uint) (b uint)) (if (> a b) (- a b) u0))
(define-private (div-up (a uint) (b uint)) (if (is-eq a u0) u0 (+ u1 (/ (- a u1) b))))

;; The newest 08:00 UTC at or before a time.
(define-read-only (boundary-before (time uint))
  (- time (mod (- time BOUNDARY_OFFSET) DAY)))

;; --- AUTHORISATION ---

(define-private (governed (function (string-ascii 40)) (args (buff 32)))
  (contract-call? .governance consume-action function args contract-caller))

(define-private (check-registry (standing uint))
  (ok (asserts! (>= (contract-call? .upgrade-manager get-standing "policy-registry" contract-caller) standing)
    ERR_UNAUTHORISED)))

;; A user acts through a transaction of its own or through the suite, never through somebody else's contract.
(define-private (check-direct)
  (ok (asserts! (or (is-eq contract-caller tx-sender)
    (is-some (contract-call? .upgrade-manager standing-of contract-caller))) ERR_INDIRECT_CALLER)))

;; --- SERIES AND PAYOFF ---

(define-private (series-key (strike uint) (kind uint)) (+ (* strike u4) kind))

(define-private (largest-power (power uint) (state {bound: uint, power: uint}))
  (if (<= power (get bound state)) (merge state {power: power}) state))

;; The strike grid at a spot price: the largest of 1, 2.5 and 5 times a power of ten USD that is not above `grid` ppm of
;; spot. USD e8.
(define-read-only (strike-step (spot uint) (grid uint))
  (let ((bound (/ (* spot grid) PPM))
        (power (get power (fold largest-power POWERS {bound: bound, power: u10}))))
    (if (>= bound (* u5 power)) (* u5 power)
      (if (>= (* u2 bound) (* u5 power)) (/ (* u5 power) u2) power))))

;; Figures from outside are bounded before anything is multiplied.
(define-private (check-figures (size uint) (strike uint) (spot uint) (stx uint))
  (ok (asserts! (and (> size u0) (<= size MAX_SIZE) (> strike u0) (<= strike MAX_PRICE) (> spot u0) (<= spot MAX_PRICE)
    (> stx u0) (<= stx MAX_PRICE)) ERR_AMOUNT)))

;; The most that `size` can pay: USD e8 for STX backing, satoshis for sBTC.
(define-private (loss-limit (asset uint) (size uint) (strike uint) (floor uint))
  (if (is-eq asset ASSET_STX)
    (div-up (* size (- strike floor)) u100000000)
    (div-up (* size (- strike floor)) floor)))

;; What `size` of a PUT pays at spot `spot`, in the token's base unit, rounded down (seed 1, settlement amount; the
;; formulas of docs/protocol.md, "Products").
(define-private (payout (asset uint) (size uint) (strike uint) (floor uint) (spot uint) (stx uint))
  (if (>= spot strike) u0
    (if (is-eq asset ASSET_STX)
      (/ (* size (- strike (max-of spot floor))) (* u100 stx))
      (min-of (/ (* size (- strike spot)) spot) (/ (* size (- strike floor)) floor)))))

;; The collateral that a bucket must hold against what it sold: its locks, for STX revalued at the price now.
(define-private (collateral-needed (asset uint) (locked uint) (required uint) (stx uint))
  (if (is-eq asset ASSET_STX) (max-of locked (div-up (* required PPM) stx)) locked))

;; --- PRICING ---

;; Volatility of a strike: the smile rises below spot. ppm.
(define-private (skewed (volatility uint) (skew uint) (spot uint) (strike uint))
  (if (< strike spot) (+ volatility (/ (* skew (- spot strike)) spot)) volatility))

;; What is asked for a strike: the smile with the tier's markup, rounded up, as far as it can be priced.
(define-private (marked-up (volatility uint) (skew uint) (markup uint) (spot uint) (strike uint))
  (min-of MAX_VOLATILITY (div-up (* (skewed volatility skew spot strike) (+ PPM markup)) PPM)))

;; A price of one BTC's option, USD e12, as an amount of token for `size` satoshis; rounded up.
(define-private (in-token-up (asset uint) (size uint) (price uint) (spot uint) (stx uint))
  (if (is-eq asset ASSET_STX)
    (div-up (* size price) (* stx u1000000))
    (div-up (* size price) (* spot u10000))))

(define-private (in-token-down (asset uint) (size uint) (price uint) (spot uint) (stx uint))
  (if (is-eq asset ASSET_STX)
    (/ (* size price) (* stx u1000000))
    (/ (* size price) (* spot u10000))))

;; What an amount of token is worth, USD e8.
(define-private (in-usd (asset uint) (amount uint) (spot uint) (stx uint))
  (if (is-eq asset ASSET_STX) (/ (* amount stx) u1000000) (/ (* amount spot) u100000000)))

;; Integral of the surcharge over utilisation from 0 to `use` (scale 1e12): 1 up to the kink, then a straight line up to
;; 1 + slope. Averaging by the integral makes a split trade no cheaper than a whole one.
(define-private (surcharge-integral (use uint) (kink uint) (slope uint) (up bool))
  (let ((bend (* kink PPM)) (over (less use bend)) (square (* over over slope)) (width (* u2 PPM (- ONE bend))))
    (+ use (if up (div-up square width) (/ square width)))))

;; Mean surcharge of a trade that takes utilisation from `before` to `after` (scale 1e12), in ppm, rounded up.
(define-private (mean-surcharge (before uint) (after uint) (kink uint) (slope uint))
  (if (> after before)
    (div-up (* PPM (- (surcharge-integral after kink slope true) (surcharge-integral before kink slope false)))
      (- after before))
    (+ PPM (div-up (* slope (less after (* kink PPM))) (- ONE (* kink PPM))))))

;; The part of a bucket's assets that may back new sales: what is not on its way out.
(define-private (backing (bucket {assets: uint, shares: uint, leaving: uint}))
  (if (is-eq (get shares bucket) u0) u0
    (/ (* (get assets bucket) (less (get shares bucket) (get leaving bucket))) (get shares bucket))))

(define-private (get-book (tier uint) (token principal) (expiry uint))
  (default-to {keys: (list), series: (list), locked: u0, required: u0, policies: u0}
    (map-get? books {tier: tier, token: token, expiry: expiry})))

;; The floor and ratio of a series: those of its first sale, or today's.
(define-private (series-terms (tier uint) (token principal) (expiry uint) (strike uint) (floor-ratio uint) (ratio uint))
  (let ((book (get-book tier token expiry)))
    (match (index-of? (get keys book) (series-key strike KIND_PUT)) at
      (let ((one (unwrap-panic (element-at? (get series book) at)))) {floor: (get floor one), ratio: (get ratio one)})
      {floor: (div-up (* strike floor-ratio) PPM), ratio: ratio})))

(define-constant BLANK_PART {tier: u0, size: u0, lock: u0, required: u0, floor: u0, ratio: u0, premium: u0, usd: u0,
  bounty: u0, volatility: u0, surcharge: u0, utilisation: u0, fitting: u0})

;; What one bucket asks for one part of an order. `fitting` is how much of it the bucket can take.
(define-private (quote-part (tier uint) (size uint) (order {
    token: principal, strike: uint, expiry: uint, spot: uint, stx: uint, volatility: uint, price: uint,
    min-lock-rate: uint, kink: uint, slope: uint }))
  (let (
      (token (get token order))
      (strike (get strike order))
      (spot (get spot order))
      (stx (get stx order))
      (collateral (unwrap! (map-get? collateral-tokens token) ERR_UNKNOWN_TOKEN))
      (asset (get asset collateral))
      (terms (unwrap! (map-get? tiers tier) ERR_UNKNOWN_TIER))
      (bucket (unwrap! (map-get? buckets {tier: tier, token: token}) ERR_UNKNOWN_BUCKET))
      (series (series-terms tier token (get expiry order) strike (get floor-ratio terms)
        (get collateralization-ratio collateral)))
      (term (- (get expiry order) stacks-block-time))
      (limit (loss-limit asset size strike (get floor series)))
      (required (if (is-eq asset ASSET_STX) (div-up (* limit (get ratio series)) PPM) u0))
      (lock (if (is-eq asset ASSET_STX) (div-up (* required PPM) stx) limit))
      (base (backing {assets: (less (get assets bucket) (get fresh bucket)), shares: (get shares bucket),
        leaving: (+ (get queued bucket) (get exits-now bucket) (get exits-next bucket))}))
      (needed (collateral-needed asset (get locked bucket) (get required bucket) stx))
      (needed-after (collateral-needed asset (+ (get locked bucket) lock) (+ (get required bucket) required) stx))
      (room (min-of (/ (* base (get utilisation-limit terms)) PPM)
        (/ (* (get assets bucket) PPM) (+ PPM (get buffer terms)))))
    )
    (asserts! (get active collateral) ERR_TOKEN_INACTIVE)
    (asserts! (< stacks-block-time (get due bucket)) ERR_CLOSE_DUE)
    (asserts! (<= term (get max-duration terms)) ERR_TERM_TOO_LONG)
    (if (> needed-after room)
      (ok (merge BLANK_PART {tier: tier, size: size, lock: lock,
        fitting: (/ (* size (less room (+ needed u2))) lock)}))
      (let (
          (use (/ (* needed-after ONE) base))
          (mean (mean-surcharge (/ (* needed ONE) base) use (get kink order) (get slope order)))
          (model (div-up (* (in-token-up asset size (get price order) spot stx) mean) PPM))
          (premium (max-of (max-of model (get min-premium collateral))
            (div-up (* lock (get min-lock-rate order) term) (* PPM YEAR))))
        )
        (ok {tier: tier, size: size, lock: lock, required: required, floor: (get floor series),
          ratio: (get ratio series), premium: premium, usd: (in-usd asset premium spot stx),
          bounty: (get bounty collateral), volatility: (get volatility order), surcharge: mean, utilisation: (/ use PPM),
          fitting: size})))))

;; A strike at the volatility that a tier asks for it; `mark-series` prices it.
(define-private (ask-entry (tier uint) (strike uint) (spot uint) (volatility uint))
  {strike: strike, volatility: (match (map-get? tiers tier) terms
    (marked-up volatility (get skew terms) (get markup terms) spot strike) u0)})

;; An order split over the buckets that take it: one part, or two when the tier overflows proportionally.
(define-private (quote-parts (token principal) (tier uint) (kind uint) (strike uint) (expiry uint) (size uint)
    (pricing {btc: uint, stx: uint, btc-twap: uint, stx-twap: uint, vol-ask: uint})
    (rules {min-size: uint, min-lock-rate: uint, kink: uint, slope: uint}))
  (let (
      (terms (unwrap! (map-get? tiers tier) ERR_UNKNOWN_TIER))
      (spot (get btc pricing))
      (low (min-of spot (get btc-twap pricing)))
      (stx (min-of (get stx pricing) (get stx-twap pricing)))
      (after (+ tier u1))
      (asks (map ask-entry (list tier after) (list strike strike) (list low low)
        (list (get vol-ask pricing) (get vol-ask pricing))))
    )
    (asserts! (is-eq kind KIND_PUT) ERR_KIND)
    (try! (check-figures size strike low stx))
    (asserts! (is-eq u0 (mod strike (strike-step spot (get grid terms)))) ERR_STRIKE_OFF_GRID)
    (asserts! (and (>= (/ (* strike PPM) spot) (get min-strike terms)) (< (/ (* strike PPM) spot) (get max-strike terms)))
      ERR_STRIKE_OUTSIDE_TIER)
    (asserts! (> expiry stacks-block-time) ERR_TERM_TOO_LONG)
    ;; Both tiers' prices by one call: a callee's whole source counts as read each time.
    (let (
        (prices (try! (contract-call? .option-math mark-series low (- expiry stacks-block-time) asks)))
        (order {token: token, strike: strike, expiry: expiry, spot: low, stx: stx,
          volatility: (get volatility (unwrap-panic (element-at? asks u0))), price: (unwrap-panic (element-at? prices u0)),
          min-lock-rate: (get min-lock-rate rules), kink: (get kink rules), slope: (get slope rules)})
        (over (merge order {volatility: (get volatility (unwrap-panic (element-at? asks u1))),
          price: (unwrap-panic (element-at? prices u1))}))
        (first (try! (quote-part tier size order)))
        (fitting (get fitting first))
        (rest (if (and (is-eq (get overflow terms) "proportional") (>= fitting (get min-size rules))
            (>= (less size fitting) (get min-size rules))) (- size fitting) size))
      )
      (if (is-eq fitting size) (ok (list first))
        (begin
          (asserts! (and (not (get isolated terms)) (not (is-eq (get overflow terms) "reject"))) ERR_CAPACITY)
          (let ((next (try! (quote-part after rest over))))
            (asserts! (is-eq (get fitting next) rest) ERR_CAPACITY)
            (if (is-eq rest size) (ok (list next))
              (let ((head (try! (quote-part tier fitting order))))
                (asserts! (is-eq (get fitting head) fitting) ERR_CAPACITY)
                (ok (list head next))))))))))

;; --- POSITIONS ---

(define-constant NO_TICKET {shares: u0, index: ONE, sum: u0, generation: u0, basis: u0})
(define-constant NO_POSITION {shares: u0, generation: u0, basis: u0, pending: (list), ticket: NO_TICKET,
  claimable: u0, returned: u0, proceeds: u0, basis-returned: u0})

;; One step of a ticket that holds shares towards a place in the queue's history: within its generation, or to the next.
(define-private (walk-generation (turn uint) (walk {
    tier: uint, token: principal, index: uint, sum: uint, generation: uint, reached: bool, paid: uint,
    ticket: {shares: uint, index: uint, sum: uint, generation: uint, basis: uint} }))
  (if (get reached walk) walk
    (let (
        (ticket (get ticket walk))
        (shares (get shares ticket))
        (same (is-eq (get generation ticket) (get generation walk)))
        (end (if same {index: (get index walk), sum: (get sum walk)}
          (default-to {index: u0, sum: u0} (map-get? exit-generations
            {tier: (get tier walk), token: (get token walk), generation: (get generation ticket)}))))
        (left (/ (* shares (get index end)) (get index ticket)))
        (paid (/ (/ (* shares (less (get sum end) (get sum ticket))) (get index ticket)) PPM))
        (basis (/ (* (get basis ticket) left) shares))
        (there (or same (is-eq left u0)))
      )
      (merge walk {reached: there, paid: (+ (get paid walk) paid),
        ticket: (if there
          {shares: left, index: (get index walk), sum: (get sum walk), generation: (get generation walk), basis: basis}
          {shares: left, index: ONE, sum: u0, generation: (+ u1 (get generation ticket)), basis: basis})}))))

;; The position with its ticket brought to a place in the queue's history, over at most 4 generations.
(define-private (advance-ticket (tier uint) (token principal) (place {index: uint, sum: uint, generation: uint})
    (position {shares: uint, generation: uint, basis: uint,
      pending: (list 2 {epoch: uint, deposit: uint, exit: uint, basis: uint, generation: uint}),
      ticket: {shares: uint, index: uint, sum: uint, generation: uint, basis: uint},
      claimable: uint, returned: uint, proceeds: uint, basis-returned: uint}))
  (let (
      (before (get ticket position))
      (walk (fold walk-generation (list u1 u2 u3 u4) {tier: tier, token: token, index: (get index place),
        sum: (get sum place), generation: (get generation place), reached: (is-eq (get shares before) u0), paid: u0,
        ticket: before}))
      (after (if (is-eq (get shares before) u0) (merge NO_TICKET place) (get ticket walk)))
      (paid (get paid walk))
    )
    {reached: (get reached walk), position: (merge position {ticket: after,
      claimable: (+ (get claimable position) paid), proceeds: (+ (get proceeds position) paid),
      basis-returned: (+ (get basis-returned position) (- (get basis before) (get basis after)))})}))

;; Carries out a request whose epoch has closed; keeps it when it has not.
(define-private (carry-out
    (request {epoch: uint, deposit: uint, exit: uint, basis: uint, generation: uint})
    (state {tier: uint, token: principal, generation: uint, position: {shares: uint, generation: uint, basis: uint,
      pending: (list 2 {epoch: uint, deposit: uint, exit: uint, basis: uint, generation: uint}),
      ticket: {shares: uint, index: uint, sum: uint, generation: uint, basis: uint},
      claimable: uint, returned: uint, proceeds: uint, basis-returned: uint}}))
  (let (
      (tier (get tier state))
      (token (get token state))
      (position (get position state))
      ;; Shares of a generation that has ended are worth nothing, also on their way out.
      (void (not (is-eq (get generation request) (get generation state))))
      (waits (merge state {position: (merge position {
        basis-returned: (+ (get basis-returned position) (if void (get basis request) u0)),
        pending: (unwrap-panic (as-max-len? (append (get pending position)
          (if void (merge request {exit: u0, basis: u0, generation: (get generation state)}) request)) u2)) })}))
    )
    (match (map-get? epochs {tier: tier, token: token, epoch: (get epoch request)}) record
      (let (
          (place {index: (get index record), sum: (get sum record), generation: (get exit-generation record)})
          (moved (advance-ticket tier token place position))
          (now (get position moved))
          (ticket (get ticket now))
          (lives (is-eq (get generation now) (get generation record)))
          (leaves (is-eq (get generation request) (get generation record)))
          (taken (not (get returned record)))
        )
        (if (get reached moved)
          (merge state {position: (merge now {
            generation: (get generation record),
            shares: (+ (if lives (get shares now) u0)
              (if taken (/ (* (get deposit request) (get shares record)) (get nav-deposit record)) u0)),
            basis: (+ (if lives (get basis now) u0) (if taken (get deposit request) u0)),
            returned: (+ (get returned now) (if taken u0 (get deposit request))),
            ticket: (if leaves
              (merge ticket {shares: (+ (get shares ticket) (get exit request)),
                basis: (+ (get basis ticket) (get basis request))})
              ticket),
            basis-returned: (+ (get basis-returned now) (if leaves u0 (get basis request))
              (if lives u0 (get basis now))) })}) waits))
      waits)))

;; A bucket, and a provider's position in it as it stands after all closes so far.
(define-private (load (tier uint) (token principal) (provider principal))
  (let (
      (bucket (unwrap! (map-get? buckets {tier: tier, token: token}) ERR_UNKNOWN_BUCKET))
      (generation (get generation bucket))
      (stored (default-to (merge NO_POSITION {generation: generation})
        (map-get? positions {tier: tier, token: token, provider: provider})))
      (done (get position (fold carry-out (get pending stored)
        {tier: tier, token: token, generation: generation, position: (merge stored {pending: (list)})})))
      (moved (get position (advance-ticket tier token {index: (get index bucket), sum: (get sum bucket),
        generation: (get exit-generation bucket)} done)))
    )
    (ok {bucket: bucket, position: (if (is-eq (get generation moved) generation) moved
      (merge moved {generation: generation, shares: u0, basis: u0,
        basis-returned: (+ (get basis-returned moved) (get basis moved))}))})))

;; The epoch that a request made now takes part in: the open one, or in its last hour and later the one after it.
(define-private (request-epoch (epoch uint) (due uint))
  (if (<= (+ stacks-block-time CUTOFF) due) epoch (+ epoch u1)))

;; Whether a request for an epoch can still be taken back.
(define-private (may-take-back (for-epoch uint) (epoch uint) (due uint) (boundary uint))
  (or (>= stacks-block-time (+ boundary DEAD_AFTER))
    (<= (+ stacks-block-time CUTOFF) (if (is-eq for-epoch epoch) due
      (+ DAY (max-of due (boundary-before stacks-block-time)))))))

;; Adds a request to those waiting. Requests are made in the order of their epochs, so only the last can match.
(define-private (add-request
    (pending (list 2 {epoch: uint, deposit: uint, exit: uint, basis: uint, generation: uint}))
    (request {epoch: uint, deposit: uint, exit: uint, basis: uint, generation: uint}))
  (match (element-at? pending (less (len pending) u1)) last
    (if (is-eq (get epoch last) (get epoch request))
      (ok (unwrap! (replace-at? pending (- (len pending) u1) (merge last {
        deposit: (+ (get deposit last) (get deposit request)), exit: (+ (get exit last) (get exit request)),
        basis: (+ (get basis last) (get basis request)) })) ERR_CLOSE_DUE))
      (ok (unwrap! (as-max-len? (append pending request) u2) ERR_CLOSE_DUE)))
    (ok (list request))))

(define-private (take-back
    (request {epoch: uint, deposit: uint, exit: uint, basis: uint, generation: uint})
    (state {epoch: uint, due: uint, boundary: uint, deposits: bool,
      now: uint, next: uint, basis: uint,
      kept: (list 2 {epoch: uint, deposit: uint, exit: uint, basis: uint, generation: uint})}))
  (let (
      (amount (if (get deposits state) (get deposit request) (get exit request)))
      (free (may-take-back (get epoch request) (get epoch state) (get due state) (get boundary state)))
      (open (is-eq (get epoch request) (get epoch state)))
      (rest (if (get deposits state) (merge request {deposit: u0}) (merge request {exit: u0, basis: u0})))
    )
    (if (and free (> amount u0))
      (merge state {
        now: (+ (get now state) (if open amount u0)), next: (+ (get next state) (if open u0 amount)),
        basis: (+ (get basis state) (if (get deposits state) u0 (get basis request))),
        kept: (if (is-eq u0 (+ (get deposit rest) (get exit rest))) (get kept state)
          (unwrap-panic (as-max-len? (append (get kept state) rest) u2))) })
      (merge state {kept: (unwrap-panic (as-max-len? (append (get kept state) request) u2))}))))

;; --- BOOKS ---

(define-private (without (expiry uint) (state {gone: uint, kept: (list 10 uint)}))
  (if (is-eq expiry (get gone state)) state
    (merge state {kept: (unwrap-panic (as-max-len? (append (get kept state) expiry) u10))})))

(define-private (remove-expiry (live (list 10 uint)) (expiry uint))
  (get kept (fold without live {gone: expiry, kept: (list)})))

;; Writes one sold part into its book and bucket.
(define-private (book-part
    (part {tier: uint, size: uint, lock: uint, required: uint, floor: uint, ratio: uint, premium: uint, usd: uint, bounty: uint,
      volatility: uint, surcharge: uint, utilisation: uint, fitting: uint})
    (state (response {token: principal, expiry: uint, strike: uint, policy: uint, cost: uint, lock: uint,
      ids: (list 20 uint)} uint)))
  (let (
      (sale (try! state))
      (token (get token sale))
      (expiry (get expiry sale))
      (tier (get tier part))
      (bucket (unwrap! (map-get? buckets {tier: tier, token: token}) ERR_UNKNOWN_BUCKET))
      (book (get-book tier token expiry))
      (key (series-key (get strike sale) KIND_PUT))
      (known (index-of? (get keys book) key))
      (old (match known at (unwrap-panic (element-at? (get series book) at))
        {strike: (get strike sale), floor: (get floor part), ratio: (get ratio part), size: u0, locked: u0, required: u0}))
      (new (merge old {size: (+ (get size old) (get size part)), locked: (+ (get locked old) (get lock part)),
        required: (+ (get required old) (get required part))}))
    )
    (map-set books {tier: tier, token: token, expiry: expiry} {
      keys: (if (is-some known) (get keys book)
        (unwrap! (as-max-len? (append (get keys book) key) u32) ERR_BOOK_FULL)),
      series: (match known at (unwrap-panic (replace-at? (get series book) at new))
        (unwrap! (as-max-len? (append (get series book) new) u32) ERR_BOOK_FULL)),
      locked: (+ (get locked book) (get lock part)), required: (+ (get required book) (get required part)),
      policies: (+ u1 (get policies book)) })
    (map-set buckets {tier: tier, token: token} (merge bucket {
      assets: (+ (get assets bucket) (get premium part)), fresh: (+ (get fresh bucket) (get premium part)),
      locked: (+ (get locked bucket) (get lock part)),
      required: (+ (get required bucket) (get required part)), pot: (+ (get pot bucket) (get bounty part)),
      policies: (+ (get policies bucket) u1), premiums: (+ (get premiums bucket) (get premium part)),
      live: (if (is-some (index-of? (get live bucket) expiry)) (get live bucket)
        (unwrap! (as-max-len? (append (get live bucket) expiry) u10) ERR_BOOK_FULL)) }))
    (print {event: "collateral-sold", tier: tier, token: token, expiry: expiry, strike: (get strike sale),
      policy: (get policy sale), size: (get size part), lock: (get lock part), required: (get required part),
      floor: (get floor part), ratio: (get ratio part), premium: (get premium part), bounty: (get bounty part),
      assets: (+ (get assets bucket) (get premium part)), locked: (+ (get locked bucket) (get lock part))})
    (ok (merge sale {policy: (+ u1 (get policy sale)), cost: (+ (get cost sale) (get premium part) (get bounty part)),
      lock: (+ (get lock sale) (get lock part)),
      ids: (unwrap-panic (as-max-len? (append (get ids sale) (get policy sale)) u20))}))))

;; Takes one policy out of its book and bucket before expiry, against a payment out of the bucket to its owner.
(define-private (leave-book (asset <ft>) (paid uint)
    (policy {id: uint, tier: uint, strike: uint, expiry: uint, size: uint, lock: uint, required: uint, floor: uint, owner: principal}))
  (let (
      (token (contract-of asset))
      (tier (get tier policy))
      (expiry (get expiry policy))
      (bucket (unwrap! (map-get? buckets {tier: tier, token: token}) ERR_UNKNOWN_BUCKET))
      (book (get-book tier token expiry))
      (at (unwrap! (index-of? (get keys book) (series-key (get strike policy) KIND_PUT)) ERR_UNKNOWN_SERIES))
      (old (unwrap-panic (element-at? (get series book) at)))
      (new (merge old {size: (- (get size old) (get size policy)), locked: (- (get locked old) (get lock policy)),
        required: (- (get required old) (get required policy))}))
      (count (len (get keys book)))
      (gone (is-eq (get size new) u0))
      (empty (and gone (is-eq count u1)))
    )
    (if empty
      (map-delete books {tier: tier, token: token, expiry: expiry})
      (map-set books {tier: tier, token: token, expiry: expiry} {
        keys: (if gone (unwrap-panic (as-max-len? (concat (unwrap-panic (slice? (get keys book) u0 at))
          (default-to (list) (slice? (get keys book) (+ at u1) count))) u32)) (get keys book)),
        series: (if gone (unwrap-panic (as-max-len? (concat (unwrap-panic (slice? (get series book) u0 at))
            (default-to (list) (slice? (get series book) (+ at u1) count))) u32))
          (unwrap-panic (replace-at? (get series book) at new))),
        locked: (- (get locked book) (get lock policy)), required: (- (get required book) (get required policy)),
        policies: (- (get policies book) u1) }))
    (map-set buckets {tier: tier, token: token} (merge bucket {
      assets: (- (get assets bucket) paid), fresh: (less (get fresh bucket) paid),
      locked: (- (get locked bucket) (get lock policy)),
      required: (- (get required bucket) (get required policy)), policies: (- (get policies bucket) u1),
      payouts: (+ (get payouts bucket) paid),
      live: (if empty (remove-expiry (get live bucket) expiry) (get live bucket)) }))
    (print {event: "collateral-released", tier: tier, token: token, expiry: expiry, strike: (get strike policy),
      policy: (get id policy), size: (get size policy), lock: (get lock policy), required: (get required policy),
      paid: paid, owner: (get owner policy), assets: (- (get assets bucket) paid),
      locked: (- (get locked bucket) (get lock policy))})
    (try! (contract-call? .liquidity-pool-vault release-collateral-aggregate (list (get id policy)) (get lock policy) token))
    (and (> paid u0)
      (try! (contract-call? .liquidity-pool-vault settle-policy (get id policy) (get owner policy) paid asset)))
    (ok true)))

(define-private (credit (who principal) (token principal) (amount uint) (reason (string-ascii 12)))
  (let ((total (+ amount (default-to u0 (map-get? credits {who: who, token: token})))))
    (and (> amount u0)
      (map-set credits {who: who, token: token} total)
      (map-set credit-totals token (+ amount (default-to u0 (map-get? credit-totals token))))
      (is-some (some (print {event: "bounty-credited", who: who, token: token, amount: amount, reason: reason,
        total: total}))))))

;; --- SETTLEMENT ---

(define-private (add-due (one {strike: uint, floor: uint, ratio: uint, size: uint, locked: uint, required: uint})
    (sum {asset: uint, spot: uint, stx: uint, size: uint, due: uint, secured: uint}))
  (let ((due (payout (get asset sum) (get size one) (get strike one) (get floor one) (get spot sum) (get stx sum))))
    (merge sum {size: (+ (get size sum) (get size one)), due: (+ (get due sum) due), secured: (+ (get secured sum) (min-of due (get locked one)))})))

;; Records what a settled series owes and what is reserved for it. All series short of money get the same part of theirs.
(define-private (reserve-series (one {strike: uint, floor: uint, ratio: uint, size: uint, locked: uint, required: uint})
    (state {tier: uint, token: principal, expiry: uint, asset: uint, spot: uint, stx: uint, short: uint, covered: uint,
      reserved: uint}))
  (let (
      (due (payout (get asset state) (get size one) (get strike one) (get floor one) (get spot state) (get stx state)))
      (secured (min-of due (get locked one)))
      (reserve (if (is-eq due secured) due
        (+ secured (/ (* (- due secured) (get covered state)) (get short state)))))
    )
    (if (is-eq due u0) state
      (begin
        (map-set claims {tier: (get tier state), token: (get token state), expiry: (get expiry state),
            key: (series-key (get strike one) KIND_PUT)}
          {spot: (get spot state), stx: (get stx state), floor: (get floor one), due: due, reserved: reserve,
            size-left: (get size one), reserve-left: reserve})
        (print {event: "series-settled", tier: (get tier state), token: (get token state), expiry: (get expiry state),
          strike: (get strike one), floor: (get floor one), size: (get size one), due: due, reserved: reserve,
          owed: (- due reserve)})
        (merge state {reserved: (+ (get reserved state) reserve)})))))

;; --- MARKS ---

(define-private (add-entry (one {strike: uint, floor: uint, ratio: uint, size: uint, locked: uint, required: uint})
    (state {spot: uint, volatility: uint, skew: uint, markup: uint, entries: (list 32 {strike: uint, volatility: uint})}))
  (merge state {entries: (unwrap-panic (as-max-len? (append (get entries state) {strike: (get strike one),
    volatility: (marked-up (get volatility state) (get skew state) (get markup state) (get spot state) (get strike one))})
    u32))}))

;; Adds one price to the marks: the first half of the prices is at the high volatility, the second at the low one.
(define-private (add-mark (price uint) (state {
    series: (list 32 {strike: uint, floor: uint, ratio: uint, size: uint, locked: uint, required: uint}),
    asset: uint, spot: uint, stx: uint, at: uint, high: uint, low: uint }))
  (let (
      (count (len (get series state)))
      (is-high (< (get at state) count))
      (one (unwrap-panic (element-at? (get series state) (mod (get at state) count))))
      (asset (get asset state))
      (size (get size one))
      (capped (if (is-eq asset ASSET_STX) (min-of price (* u10000 (- (get strike one) (get floor one)))) price))
      (limit (if (is-eq asset ASSET_STX) u340282366920938463463374607431768211455
        (loss-limit asset size (get strike one) (get floor one))))
      (mark (if is-high
        (min-of limit (in-token-up asset size capped (get spot state) (get stx state)))
        (min-of limit (in-token-down asset size capped (get spot state) (get stx state)))))
    )
    (merge state {at: (+ u1 (get at state)),
      high: (if is-high (+ (get high state) mark) (get high state)),
      low: (if is-high (get low state) (+ (get low state) mark))})))

;; Adds one expiry's book to a bucket's marks.
(define-private (mark-book (expiry uint) (state (response {
    tier: uint, token: principal, asset: uint, boundary: uint, spot: uint, stx: uint, vol-high: uint, vol-low: uint,
    skew: uint, markup: uint, high: uint, low: uint } uint)))
  (let (
      (marks (try! state))
      (series (get series (get-book (get tier marks) (get token marks) expiry)))
      (spot (get spot marks))
      (blank {spot: spot, skew: (get skew marks), entries: (list)})
      (high (get entries (fold add-entry series
        (merge blank {volatility: (get vol-high marks), markup: (get markup marks)}))))
      (low (get entries (fold add-entry series (merge blank {volatility: (get vol-low marks), markup: u0}))))
      (prices (try! (begin
        (asserts! (> expiry (get boundary marks)) ERR_SETTLE_FIRST)
        (contract-call? .option-math mark-series spot (- expiry (get boundary marks)) (concat high low)))))
      (sums (fold add-mark prices {series: series, asset: (get asset marks), spot: spot, stx: (get stx marks), at: u0,
        high: u0, low: u0}))
    )
    (ok (merge marks {high: (+ (get high marks) (get high sums)), low: (+ (get low marks) (get low sums))}))))

;; --- READ-ONLY ---

(define-read-only (get-collateral-token (token principal)) (map-get? collateral-tokens token))
(define-read-only (get-tier (tier uint)) (map-get? tiers tier))
(define-read-only (get-bucket (tier uint) (token principal)) (map-get? buckets {tier: tier, token: token}))
(define-read-only (get-epoch (tier uint) (token principal) (epoch uint))
  (map-get? epochs {tier: tier, token: token, epoch: epoch}))
(define-read-only (get-series (tier uint) (token principal) (expiry uint)) (get-book tier token expiry))
(define-read-only (get-settlement (tier uint) (token principal) (expiry uint))
  (map-get? settlements {tier: tier, token: token, expiry: expiry}))
(define-read-only (get-claim (tier uint) (token principal) (expiry uint) (strike uint))
  (map-get? claims {tier: tier, token: token, expiry: expiry, key: (series-key strike KIND_PUT)}))
(define-read-only (get-credit (who principal) (token principal))
  (default-to u0 (map-get? credits {who: who, token: token})))
(define-read-only (get-credit-total (token principal)) (default-to u0 (map-get? credit-totals token)))

;; A provider's position after all closes so far: shares, queue, claimable, and what the pair of the last close makes of
;; them. `value` (without what is `pending`) is at the exit NAV, `locked` its part in the bucket's locks, `available` the rest.
(define-read-only (get-provider (tier uint) (token principal) (provider principal))
  (let (
      (loaded (try! (load tier token provider)))
      (bucket (get bucket loaded))
      (position (get position loaded))
      (pair (match (map-get? epochs {tier: tier, token: token, epoch: (less (get epoch bucket) u1)}) record
        {nav: (get nav-exit record), shares: (get shares record)} {nav: VIRTUAL_ASSETS, shares: VIRTUAL_SHARES}))
      (held (+ (get shares position) (get shares (get ticket position))))
      (value (/ (* held (get nav pair)) (get shares pair)))
      (locked (if (is-eq (get assets bucket) u0) u0 (/ (* value (get locked bucket)) (get assets bucket))))
    )
    (ok (merge position {value: value, locked: locked, available: (less value locked)}))))

;; Capital, locks and free collateral of a bucket at an STX price. `utilisation` in ppm of what may back sales.
(define-read-only (get-availability (tier uint) (token principal) (stx uint))
  (let (
      (bucket (unwrap! (map-get? buckets {tier: tier, token: token}) ERR_UNKNOWN_BUCKET))
      (terms (unwrap! (map-get? tiers tier) ERR_UNKNOWN_TIER))
      (asset (get asset (unwrap! (map-get? collateral-tokens token) ERR_UNKNOWN_TOKEN)))
      (base (backing {assets: (less (get assets bucket) (get fresh bucket)), shares: (get shares bucket),
        leaving: (+ (get queued bucket) (get exits-now bucket) (get exits-next bucket))}))
    )
    (asserts! (> stx u0) ERR_AMOUNT)
    (let (
        (needed (collateral-needed asset (get locked bucket) (get required bucket) stx))
        (room (min-of (/ (* base (get utilisation-limit terms)) PPM)
          (/ (* (get assets bucket) PPM) (+ PPM (get buffer terms)))))
      )
      (ok {assets: (get assets bucket), needed: needed, backing: base, free: (less room needed),
        short: (> needed (get assets bucket)),
        utilisation: (if (is-eq base u0) u0 (/ (* needed PPM) base)),
        open: (< stacks-block-time (get due bucket)) }))))

;; What an order would cost now: one part a bucket. Prices and rules as the registry passes them.
(define-read-only (quote-sale (token principal) (tier uint) (kind uint) (strike uint) (expiry uint) (size uint)
    (pricing {btc: uint, stx: uint, btc-twap: uint, stx-twap: uint, vol-ask: uint})
    (rules {min-size: uint, min-lock-rate: uint, kink: uint, slope: uint}))
  (quote-parts token tier kind strike expiry size pricing rules))

;; What a policy is worth now, token base units: the refund that the pool pays for it, at most its lock, and its worth in
;; USD e8; and what activating it would pay.
(define-read-only (value-policy (token principal)
    (policy {id: uint, tier: uint, strike: uint, expiry: uint, size: uint, lock: uint, required: uint, floor: uint,
      owner: principal})
    (pricing {btc: uint, stx: uint, btc-twap: uint, stx-twap: uint, vol-bid: uint}) (spread uint))
  (let (
      (asset (get asset (unwrap! (map-get? collateral-tokens token) ERR_UNKNOWN_TOKEN)))
      (terms (unwrap! (map-get? tiers (get tier policy)) ERR_UNKNOWN_TIER))
      (spot (max-of (get btc pricing) (get btc-twap pricing)))
      (stx (max-of (get stx pricing) (get stx-twap pricing)))
      (size (get size policy))
      (strike (get strike policy))
      (checked (try! (check-figures size strike spot stx)))
      (volatility (min-of MAX_VOLATILITY
        (/ (* (skewed (get vol-bid pricing) (get skew terms) spot strike) (less PPM spread)) PPM)))
      (price (try! (contract-call? .option-math put-price spot strike volatility
        (less (get expiry policy) stacks-block-time))))
      (refund (min-of (get lock policy) (in-token-down asset size price spot stx)))
    )
    (ok {refund: refund, usd: (in-usd asset refund spot stx),
      payout: (payout asset size strike (min-of strike (get floor policy)) spot stx)})))

;; --- PUBLIC: PROVIDERS ---

;; Commits capital to a bucket; it becomes shares at the close of the epoch that the request takes part in. A bounty for
;; the keeper of that close is taken off.
(define-public (commit-capital (tier uint) (token <ft>) (amount uint))
  (let (
      (asset (contract-of token))
      (collateral (unwrap! (map-get? collateral-tokens asset) ERR_UNKNOWN_TOKEN))
      (loaded (try! (load tier asset tx-sender)))
      (bucket (get bucket loaded))
      (position (get position loaded))
      (net (less amount (get bounty collateral)))
      (epoch (request-epoch (get epoch bucket) (get due bucket)))
      (open (is-eq epoch (get epoch bucket)))
    )
    (try! (check-direct))
    (asserts! (get active collateral) ERR_TOKEN_INACTIVE)
    (asserts! (and (>= amount (get min-deposit collateral)) (> net u0)) ERR_AMOUNT)
    (asserts! (<= amount MAX_ASSETS) ERR_DEPOSIT_CAPACITY)
    (asserts! (<= (+ (get assets bucket) (get deposits-now bucket) (get deposits-next bucket) net) (get capacity bucket))
      ERR_DEPOSIT_CAPACITY)
    (try! (contract-call? .parameters check-action "deposit" tx-sender amount))
    (map-set positions {tier: tier, token: asset, provider: tx-sender} (merge position {
      pending: (try! (add-request (get pending position)
        {epoch: epoch, deposit: net, exit: u0, basis: u0, generation: (get generation bucket)})) }))
    (map-set buckets {tier: tier, token: asset} (merge bucket {
      deposits-now: (+ (get deposits-now bucket) (if open net u0)),
      deposits-next: (+ (get deposits-next bucket) (if open u0 net)),
      next-request: (if open (get next-request bucket) stacks-block-time),
      pot: (+ (get pot bucket) (- amount net)) }))
    (try! (contract-call? .liquidity-pool-vault deposit-funds amount token tx-sender))
    (try! (contract-call? .analytics record (concat "deposits-" (get symbol collateral)) net))
    (print {event: "capital-committed", provider: tx-sender, tier: tier, token: asset, amount: amount, net: net,
      epoch: epoch})
    (ok epoch)))

;; Takes back deposits that wait for a close. They are ready to be claimed at once.
(define-public (cancel-deposit (tier uint) (token principal))
  (let (
      (loaded (try! (load tier token tx-sender)))
      (bucket (get bucket loaded))
      (position (get position loaded))
      (taken (fold take-back (get pending position) {epoch: (get epoch bucket), due: (get due bucket),
        boundary: (get boundary bucket), deposits: true, now: u0, next: u0, basis: u0, kept: (list)}))
      (amount (+ (get now taken) (get next taken)))
    )
    (try! (check-direct))
    (asserts! (> (fold sum-deposits (get pending position) u0) u0) ERR_NOTHING_TO_CANCEL)
    (asserts! (> amount u0) ERR_REQUESTS_CLOSED)
    (map-set positions {tier: tier, token: token, provider: tx-sender} (merge position {
      pending: (get kept taken), returned: (+ (get returned position) amount) }))
    (map-set buckets {tier: tier, token: token} (merge bucket {
      deposits-now: (- (get deposits-now bucket) (get now taken)),
      deposits-next: (- (get deposits-next bucket) (get next taken)),
      refunds: (+ (get refunds bucket) amount) }))
    (print {event: "deposit-cancelled", provider: tx-sender, tier: tier, token: token, amount: amount,
      now: (get now taken), next: (get next taken)})
    (ok amount)))

(define-private (sum-deposits (request {epoch: uint, deposit: uint, exit: uint, basis: uint, generation: uint}) (sum uint))
  (+ sum (get deposit request)))
(define-private (sum-exits (request {epoch: uint, deposit: uint, exit: uint, basis: uint, generation: uint}) (sum uint))
  (+ sum (get exit request)))

;; Puts shares in the exit queue. They keep bearing risk until a close pays them.
(define-public (request-withdrawal (tier uint) (token principal) (shares uint))
  (let ((position (get position (try! (load tier token tx-sender)))))
    (try! (check-direct))
    (asserts! (> shares u0) ERR_AMOUNT)
    (asserts! (<= shares (get shares position)) ERR_INSUFFICIENT_SHARES)
    (queue-exit tier token shares true)))

;; Queues as many shares as the value above what was paid in is worth at the last close; the cost basis stays.
(define-public (claim-yield (tier uint) (token principal))
  (let (
      (loaded (try! (load tier token tx-sender)))
      (bucket (get bucket loaded))
      (position (get position loaded))
      (record (unwrap! (map-get? epochs {tier: tier, token: token, epoch: (less (get epoch bucket) u1)}) ERR_NO_YIELD))
      (value (/ (* (get shares position) (get nav-exit record)) (get shares record)))
      (shares (/ (* (less value (get basis position)) (get shares record)) (get nav-exit record)))
    )
    (try! (check-direct))
    (asserts! (and (> shares u0) (<= shares (get shares position))) ERR_NO_YIELD)
    (queue-exit tier token shares false)))

(define-private (queue-exit (tier uint) (token principal) (shares uint) (with-basis bool))
  (let (
      (loaded (try! (load tier token tx-sender)))
      (bucket (get bucket loaded))
      (position (get position loaded))
      (epoch (request-epoch (get epoch bucket) (get due bucket)))
      (open (is-eq epoch (get epoch bucket)))
      (basis (if with-basis (/ (* (get basis position) shares) (get shares position)) u0))
    )
    (map-set positions {tier: tier, token: token, provider: tx-sender} (merge position {
      shares: (- (get shares position) shares), basis: (- (get basis position) basis),
      pending: (try! (add-request (get pending position)
        {epoch: epoch, deposit: u0, exit: shares, basis: basis, generation: (get generation bucket)})) }))
    (map-set buckets {tier: tier, token: token} (merge bucket {
      exits-now: (+ (get exits-now bucket) (if open shares u0)),
      exits-next: (+ (get exits-next bucket) (if open u0 shares)),
      next-request: (if open (get next-request bucket) stacks-block-time) }))
    (print {event: "exit-requested", provider: tx-sender, tier: tier, token: token, shares: shares, basis: basis,
      epoch: epoch})
    (ok epoch)))

;; Takes shares back out of the exit queue: those waiting for a close, and what is left of a ticket.
(define-public (cancel-withdrawal (tier uint) (token principal))
  (let (
      (loaded (try! (load tier token tx-sender)))
      (bucket (get bucket loaded))
      (position (get position loaded))
      (ticket (get ticket position))
      (here (is-eq (get generation ticket) (get exit-generation bucket)))
      (free (and here (may-take-back (get epoch bucket) (get epoch bucket) (get due bucket) (get boundary bucket))))
      (taken (fold take-back (get pending position) {epoch: (get epoch bucket), due: (get due bucket),
        boundary: (get boundary bucket), deposits: false, now: u0, next: u0, basis: u0, kept: (list)}))
      (left (if free (get shares ticket) u0))
      (shares (+ left (get now taken) (get next taken)))
      (basis (+ (if free (get basis ticket) u0) (get basis taken)))
    )
    (try! (check-direct))
    (asserts! (> (fold sum-exits (get pending position) (get shares ticket)) u0) ERR_NOTHING_TO_CANCEL)
    (asserts! (> shares u0) ERR_REQUESTS_CLOSED)
    (map-set positions {tier: tier, token: token, provider: tx-sender} (merge position {
      shares: (+ (get shares position) shares), basis: (+ (get basis position) basis), pending: (get kept taken),
      ticket: (if free (merge ticket {shares: u0, basis: u0}) ticket) }))
    (map-set buckets {tier: tier, token: token} (merge bucket {
      queued: (less (get queued bucket) left),
      exits-now: (- (get exits-now bucket) (get now taken)), exits-next: (- (get exits-next bucket) (get next taken)) }))
    (print {event: "exit-cancelled", provider: tx-sender, tier: tier, token: token, shares: shares, basis: basis,
      queued: left, now: (get now taken), next: (get next taken)})
    (ok shares)))

;; Pays a provider what closes have filled and what was returned. Anybody may call it for anybody.
(define-public (claim-withdrawal (tier uint) (token <ft>) (provider principal))
  (let (
      (asset (contract-of token))
      (loaded (try! (load tier asset provider)))
      (bucket (get bucket loaded))
      (position (get position loaded))
      (exited (min-of (get claimable position) (get filled bucket)))
      (returned (get returned position))
      (amount (+ exited returned))
    )
    (map-set positions {tier: tier, token: asset, provider: provider}
      (merge position {claimable: (- (get claimable position) exited), returned: u0}))
    (map-set buckets {tier: tier, token: asset} (merge bucket {
      filled: (- (get filled bucket) exited), refunds: (- (get refunds bucket) returned) }))
    (asserts! (> amount u0) ERR_NOTHING_TO_CLAIM)
    (try! (contract-call? .liquidity-pool-vault withdraw-funds amount token provider))
    (print {event: "withdrawal-paid", provider: provider, tier: tier, token: asset, amount: amount, exited: exited,
      returned: returned, proceeds: (get proceeds position), basis-returned: (get basis-returned position)})
    (ok amount)))

;; Leaves an sBTC bucket that has not been closed for three days, at what no outcome can take away: assets less locks.
(define-public (exit-dead-bucket (tier uint) (token principal) (shares uint))
  (let (
      (loaded (try! (load tier token tx-sender)))
      (bucket (get bucket loaded))
      (position (get position loaded))
      (asset (get asset (unwrap! (map-get? collateral-tokens token) ERR_UNKNOWN_TOKEN)))
    )
    (try! (check-direct))
    (asserts! (is-eq asset ASSET_BTC) ERR_NOT_SBTC)
    (asserts! (>= stacks-block-time (+ (get boundary bucket) DEAD_AFTER)) ERR_CLOSES_RUNNING)
    (asserts! (> shares u0) ERR_AMOUNT)
    (asserts! (<= shares (get shares position)) ERR_INSUFFICIENT_SHARES)
    (let (
        (paid (/ (* shares (- (get assets bucket) (get locked bucket))) (+ (get shares bucket) VIRTUAL_SHARES)))
        (basis (/ (* (get basis position) shares) (get shares position)))
      )
      (map-set positions {tier: tier, token: token, provider: tx-sender} (merge position {
        shares: (- (get shares position) shares), basis: (- (get basis position) basis),
        claimable: (+ (get claimable position) paid), proceeds: (+ (get proceeds position) paid),
        basis-returned: (+ (get basis-returned position) basis) }))
      (map-set buckets {tier: tier, token: token} (merge bucket {
        shares: (- (get shares bucket) shares), assets: (- (get assets bucket) paid),
        filled: (+ (get filled bucket) paid) }))
      (print {event: "dead-bucket-left", provider: tx-sender, tier: tier, token: token, shares: shares, paid: paid,
        basis: basis, assets: (- (get assets bucket) paid)})
      (ok paid))))

;; Pays a keeper's bounties. Anybody may call it for anybody.
(define-public (claim-credit (token <ft>) (who principal))
  (let ((asset (contract-of token)) (amount (get-credit who asset)))
    (asserts! (> amount u0) ERR_NOTHING_TO_CLAIM)
    (map-delete credits {who: who, token: asset})
    (map-set credit-totals asset (- (get-credit-total asset) amount))
    (try! (contract-call? .liquidity-pool-vault withdraw-funds amount token who))
    (print {event: "bounty-paid", who: who, token: asset, amount: amount})
    (ok amount)))

;; --- PUBLIC: TIME ---

;; Closes a bucket's epoch at the newest 08:00 UTC boundary: marks what is sold, turns deposits into shares, pays the
;; exit queue as far as collateral is free. Anybody may call it once the boundary has a price and every expiry up to it
;; is settled. Returns the number of the epoch closed.
(define-public (close-epoch (tier uint) (token principal))
  (let (
      (bucket (unwrap! (map-get? buckets {tier: tier, token: token}) ERR_UNKNOWN_BUCKET))
      (terms (unwrap! (map-get? tiers tier) ERR_UNKNOWN_TIER))
      (collateral (unwrap! (map-get? collateral-tokens token) ERR_UNKNOWN_TOKEN))
      (asset (get asset collateral))
      (boundary (boundary-before stacks-block-time))
      (price (begin
        (asserts! (>= boundary (get due bucket)) ERR_CLOSE_NOT_DUE)
        (unwrap! (contract-call? .oracle get-boundary boundary) ERR_NO_BOUNDARY_PRICE)))
      (marks (try! (fold mark-book (get live bucket) (ok {tier: tier, token: token, asset: asset, boundary: boundary,
        spot: (get btc price), stx: (get stx price), vol-high: (get vol-ask price), vol-low: (get vol-low price),
        skew: (get skew terms), markup: (get markup terms), high: u0, low: u0}))))
      (assets (get assets bucket))
      (nav-exit (less assets (get high marks)))
      (nav-deposit (less assets (get low marks)))
      (needed (collateral-needed asset (get locked bucket) (get required bucket) (get stx price)))
      ;; Dust against the shares is nothing: they would take every deposit past what can be counted.
      (empty (and (is-eq (len (get live bucket)) u0) (or (is-eq assets u0) (< (* assets ONE) (get shares bucket)))))
      (reset (and empty (> (get shares bucket) u0)))
      (healthy (and (> assets u0) (>= (* nav-exit u10) assets)))
      (generation (+ (get generation bucket) (if reset u1 u0)))
      (shares (if reset u0 (get shares bucket)))
      (pair-shares (+ shares VIRTUAL_SHARES))
      (leaving (+ (get queued bucket) (get exits-now bucket)))
      (queue (if reset u0 leaving))
      ;; Exits: at the low NAV (high marks), as far as free collateral goes.
      (free (less assets (+ needed (div-up (* needed (get buffer terms)) PPM))))
      (value (/ (* queue (+ nav-exit VIRTUAL_ASSETS)) pair-shares))
      (exited (if healthy (if (<= value free) queue (/ (* queue free) value)) u0))
      (gross (min-of free (/ (* exited (+ nav-exit VIRTUAL_ASSETS)) pair-shares)))
      (use (if (is-eq assets u0) u0 (min-of PPM (/ (* needed PPM) assets))))
      (fee (min-of gross
        (div-up (* gross (+ (get exit-fee terms) (/ (* (get exit-fee-slope terms) use) PPM))) PPM)))
      (paid (- gross fee))
      (index (get index bucket))
      (sum (get sum bucket))
      (sum-after (if (is-eq queue u0) sum (+ sum (/ (* index paid PPM) queue))))
      (index-after (if (is-eq queue u0) (if reset u0 index) (/ (* index (- queue exited)) queue)))
      (turns (or reset (< index-after INDEX_FLOOR)))
      ;; Deposits: at the high NAV (low marks).
      (deposits (get deposits-now bucket))
      ;; Assets that nobody holds shares of (exit fees of those who left) go to whoever comes next, not to virtual shares.
      (nav-in (if (is-eq shares u0) u0 nav-deposit))
      (minted (/ (* deposits pair-shares) (+ nav-in VIRTUAL_ASSETS)))
      (returned (or (and (not healthy) (not empty)) (> (+ shares minted) MAX_SHARES)))
      (deposited (if returned u0 deposits))
      (assets-after (+ (- assets paid) deposited))
      (bounty (min-of (get pot bucket) (get bounty collateral)))
      (epoch (get epoch bucket))
      (due (max-of (+ boundary DAY) (boundary-before (+ (get next-request bucket) CUTOFF (- DAY u1)))))
    )
    (map-set epochs {tier: tier, token: token, epoch: epoch} {
      boundary: boundary, spot: (get btc price), stx: (get stx price), nav-deposit: (+ nav-in VIRTUAL_ASSETS),
      nav-exit: (+ nav-exit VIRTUAL_ASSETS), shares: pair-shares, generation: generation, returned: returned,
      index: index, sum: sum, exit-generation: (get exit-generation bucket), exited: exited, paid: paid,
      deposited: deposited, assets: assets-after, locked: (get locked bucket) })
    (and turns (map-set exit-generations {tier: tier, token: token, generation: (get exit-generation bucket)}
      {index: index-after, sum: sum-after}))
    (map-set buckets {tier: tier, token: token} (merge bucket {
      assets: assets-after, fresh: u0, shares: (+ (- shares exited) (if returned u0 minted)), generation: generation,
      queued: (- queue exited), index: (if turns ONE index-after), sum: (if turns u0 sum-after),
      exit-generation: (+ (get exit-generation bucket) (if turns u1 u0)),
      epoch: (+ epoch u1), boundary: boundary, due: due,
      deposits-now: (get deposits-next bucket), deposits-next: u0,
      exits-now: (if reset u0 (get exits-next bucket)), exits-next: u0,
      refunds: (+ (get refunds bucket) (if returned deposits u0)), filled: (+ (get filled bucket) paid),
      pot: (- (get pot bucket) bounty) }))
    (credit contract-caller token bounty "close-epoch")
    (is-ok (contract-call? .analytics set-gauge (default-to "utilisation" (as-max-len?
      (concat "utilisation-" (concat (int-to-ascii tier) (concat "-" (get symbol collateral)))) u24)) use))
    (print {event: "epoch-closed", tier: tier, token: token, epoch: epoch, boundary: boundary, spot: (get btc price),
      stx: (get stx price), nav-deposit: nav-in, nav-exit: nav-exit, shares: shares, generation: generation,
      exited: exited, paid: paid, fee: fee, deposited: deposited, minted: (if returned u0 minted), returned: returned,
      queued: (- queue exited), assets: assets-after, due: due, bounty: bounty})
    (ok epoch)))

;; Settles what a bucket sold for one expiry, at the expiry's boundary price: draws what is due from its assets into the
;; claims reserve, once. STX that is missing comes from assets nobody else's lock needs, then from the insurance fund;
;; what is still missing is the same part of every short series and is recorded as owed. Returns what was reserved.
(define-public (settle-expiry (tier uint) (token <ft>) (expiry uint) (keeper principal))
  (let (
      (token-id (contract-of token))
      (bucket (unwrap! (map-get? buckets {tier: tier, token: token-id}) ERR_UNKNOWN_BUCKET))
      (collateral (unwrap! (map-get? collateral-tokens token-id) ERR_UNKNOWN_TOKEN))
      (asset (get asset collateral))
      (book (unwrap! (map-get? books {tier: tier, token: token-id, expiry: expiry}) ERR_NOTHING_TO_SETTLE))
      (price (begin
        (try! (check-registry RETIRING))
        (asserts! (>= stacks-block-time expiry) ERR_NOT_EXPIRED)
        (unwrap! (contract-call? .oracle get-boundary expiry) ERR_NO_BOUNDARY_PRICE)))
      (spot (get btc price))
      (stx (get stx price))
      (total (fold add-due (get series book) {asset: asset, spot: spot, stx: stx, size: u0, due: u0, secured: u0}))
      (short (- (get due total) (get secured total)))
      (unlocked (less (get assets bucket) (+ (get secured total) (- (get locked bucket) (get locked book)))))
      (own (min-of short unlocked))
      (fund (if (> short own) (try! (contract-call? .insurance-fund cover-shortfall expiry (min-of MAX_COVER (- short own)) token)) u0))
      (reserved (get reserved (fold reserve-series (get series book) {tier: tier, token: token-id, expiry: expiry,
        asset: asset, spot: spot, stx: stx, short: short, covered: (+ own fund), reserved: u0})))
      ;; The fund calls the token: what happened in there stays.
      (now (unwrap! (map-get? buckets {tier: tier, token: token-id}) ERR_UNKNOWN_BUCKET))
      (assets (- (+ (get assets now) fund) reserved))
      ;; No more than its policies paid in, whose premiums are at least a bounty each: serving oneself does not pay.
      (bounty (min-of (get pot now) (* (min-of u5 (get policies book)) (get bounty collateral))))
    )
    (and (> fund u0) (try! (contract-call? .liquidity-pool-vault credit-funds fund token)))
    (map-delete books {tier: tier, token: token-id, expiry: expiry})
    (map-set settlements {tier: tier, token: token-id, expiry: expiry} {spot: spot, stx: stx, due: (get due total),
      reserved: reserved, covered: fund, owed: (- (get due total) reserved), at: stacks-block-time})
    (map-set buckets {tier: tier, token: token-id} (merge now {
      assets: assets, locked: (- (get locked now) (get locked book)),
      required: (- (get required now) (get required book)), claims: (+ (get claims now) reserved),
      pot: (- (get pot now) bounty), payouts: (+ (get payouts now) (less reserved fund)),
      policies: (- (get policies now) (get policies book)),
      live: (remove-expiry (get live now) expiry) }))
    (and (> (get locked book) u0)
      (try! (contract-call? .liquidity-pool-vault release-collateral-aggregate (list) (get locked book) token-id)))
    (credit keeper token-id bounty "settle")
    ;; A metric never holds up money.
    (is-ok (contract-call? .analytics record "payout-usd" (in-usd asset reserved spot stx)))
    (print {event: "expiry-settled", tier: tier, token: token-id, expiry: expiry, spot: spot, stx: stx, size: (get size total),
      due: (get due total), reserved: reserved, fund: fund, owed: (- (get due total) reserved),
      released: (get locked book), assets: assets, bounty: bounty})
    (ok reserved)))

;; --- PUBLIC: FOR THE POLICY REGISTRY ---

;; Sells an order out of its buckets: takes premium and bounty from the buyer (tx-sender) and locks collateral. Returns
;; the parts, in the order of the policies that start at `first`.
(define-public (underwrite (token <ft>) (tier uint) (kind uint) (strike uint) (expiry uint) (size uint) (first uint)
    (pricing {btc: uint, stx: uint, btc-twap: uint, stx-twap: uint, vol-ask: uint})
    (rules {min-size: uint, min-lock-rate: uint, kink: uint, slope: uint}))
  (let (
      (registered (try! (check-registry CURRENT)))
      (asset (contract-of token))
      (parts (try! (quote-parts asset tier kind strike expiry size pricing rules)))
      (total (try! (fold book-part parts (ok {token: asset, expiry: expiry, strike: strike, policy: first, cost: u0,
        lock: u0, ids: (list)}))))
    )
    (try! (contract-call? .liquidity-pool-vault deposit-funds (get cost total) token tx-sender))
    (try! (contract-call? .liquidity-pool-vault lock-collateral-aggregate (get ids total) (get lock total) asset))
    (ok parts)))

;; Buys a policy back at the bid and frees its collateral. Returns the refund and what it is worth, USD e8.
(define-public (buy-back (token <ft>)
    (policy {id: uint, tier: uint, strike: uint, expiry: uint, size: uint, lock: uint, required: uint, floor: uint, owner: principal})
    (pricing {btc: uint, stx: uint, btc-twap: uint, stx-twap: uint, vol-bid: uint}) (spread uint))
  (let (
      (registered (try! (check-registry RETIRING)))
      (asset (contract-of token))
      (sold (try! (value-policy asset policy pricing spread)))
    )
    (try! (leave-book token (get refund sold) policy))
    (ok sold)))

;; Pays an activated policy at the prices of its activation and frees its collateral. Returns the payout.
(define-public (settle-early (token <ft>)
    (policy {id: uint, tier: uint, strike: uint, expiry: uint, size: uint, lock: uint, required: uint, floor: uint, owner: principal})
    (spot uint) (stx uint))
  (let (
      (registered (try! (check-registry RETIRING)))
      (asset (get asset (unwrap! (map-get? collateral-tokens (contract-of token)) ERR_UNKNOWN_TOKEN)))
      (bucket (unwrap! (map-get? buckets {tier: (get tier policy), token: (contract-of token)}) ERR_UNKNOWN_BUCKET))
      (others (collateral-needed asset (- (get locked bucket) (get lock policy))
        (- (get required bucket) (get required policy)) stx))
      (paid (payout asset (get size policy) (get strike policy) (get floor policy) spot stx))
    )
    (asserts! (> paid u0) ERR_AMOUNT)
    ;; Beyond its own lock a policy is paid only out of what all other promises do not need at the prices of now.
    (asserts! (<= paid (max-of (get lock policy) (less (get assets bucket) others))) ERR_SERIES_SHORT)
    (try! (leave-book token paid policy))
    (is-ok (contract-call? .analytics record "payout-usd" (in-usd asset paid spot stx)))
    (ok paid)))

;; Pays a policy of a settled series out of the claims reserve. A keeper who claims for somebody else earns the bounty.
;; Returns what was due and what was paid: nothing for a series that ended out of the money.
(define-public (pay-claim (token <ft>) (id uint) (tier uint) (strike uint) (expiry uint) (size uint) (owner principal)
    (keeper principal))
  (let (
      (registered (try! (check-registry RETIRING)))
      (asset (contract-of token))
      (collateral (unwrap! (map-get? collateral-tokens asset) ERR_UNKNOWN_TOKEN))
      (place {tier: tier, token: asset, expiry: expiry, key: (series-key strike KIND_PUT)})
      ;; A settled series that ended out of the money has no claim: it pays nothing.
      (claim (match (map-get? claims place) one one (let (
          (settled (unwrap! (map-get? settlements {tier: tier, token: asset, expiry: expiry}) ERR_NOT_SETTLED)))
        {spot: (get spot settled), stx: u1, floor: strike, due: u0, reserved: u0, size-left: u0, reserve-left: u0})))
      (bucket (unwrap! (map-get? buckets {tier: tier, token: asset}) ERR_UNKNOWN_BUCKET))
      (due (payout (get asset collateral) size strike (get floor claim) (get spot claim) (get stx claim)))
      (paid (if (is-eq (get due claim) (get reserved claim)) due
        (/ (* due (get reserved claim)) (get due claim))))
      (left (- (get reserve-left claim) paid))
      (last (is-eq (get size-left claim) size))
      ;; What rounding left of the series goes back to the providers with its last claim.
      (dust (if last left u0))
      (bounty (if (is-eq keeper owner) u0 (min-of (get pot bucket) (get bounty collateral))))
    )
    (and (> (get due claim) u0) (map-set claims place (merge claim {size-left: (- (get size-left claim) size), reserve-left: (- left dust)})))
    (map-set buckets {tier: tier, token: asset} (merge bucket {
      claims: (- (get claims bucket) (+ paid dust)), assets: (+ (get assets bucket) dust),
      pot: (- (get pot bucket) bounty) }))
    (credit keeper asset bounty "claim")
    (and (> paid u0) (try! (contract-call? .liquidity-pool-vault settle-policy id owner paid token)))
    (print {event: "claim-paid", tier: tier, token: asset, expiry: expiry, strike: strike, policy: id, owner: owner,
      size: size, due: due, paid: paid, dust: dust, bounty: bounty})
    (ok {paid: paid, due: due, spot: (get spot claim)})))

;; --- PUBLIC: GOVERNED ---

;; Adds or changes a collateral token. `asset` is u1 for BTC, u2 for STX; what it is worth comes from the oracle.
(define-public (add-collateral-token (token principal) (symbol (string-ascii 10)) (decimals uint) (asset uint)
    (collateralization-ratio uint) (liquidation-threshold uint) (price-feed principal) (min-deposit uint)
    (min-premium uint) (bounty uint) (active bool))
  (let ((entry {symbol: symbol, decimals: decimals, asset: asset, collateralization-ratio: collateralization-ratio,
      liquidation-threshold: liquidation-threshold, price-feed: price-feed, min-deposit: min-deposit,
      min-premium: min-premium, bounty: bounty, active: active}))
    (try! (governed "add-collateral-token" (sha256 (unwrap-panic (to-consensus-buff? (merge entry {token: token}))))))
    (asserts! (or (is-eq asset ASSET_BTC) (is-eq asset ASSET_STX)) ERR_BAD_SETTING)
    (asserts! (and (>= collateralization-ratio PPM) (<= collateralization-ratio (* u10 PPM))
      (<= liquidation-threshold collateralization-ratio) (> min-deposit bounty) (> min-premium u0)
      ;; Or buying a policy to earn bounties by serving it would pay.
      (>= min-premium bounty)
      (<= min-premium MAX_ASSETS) (<= min-deposit MAX_ASSETS)) ERR_BAD_SETTING)
    ;; What a token stands for is fixed: books were written with it.
    (asserts! (match (map-get? collateral-tokens token) old (is-eq (get asset old) asset) true) ERR_BAD_SETTING)
    (map-set collateral-tokens token entry)
    (print (merge entry {event: "collateral-token-set", token: token}))
    (ok true)))

;; Sets a tier's terms. Series keep the floor of their first sale.
(define-public (set-tier (tier uint) (terms {
    name: (string-ascii 20), min-strike: uint, max-strike: uint, grid: uint, floor-ratio: uint, markup: uint, skew: uint,
    max-duration: uint, utilisation-limit: uint, buffer: uint, exit-fee: uint, exit-fee-slope: uint, isolated: bool,
    overflow: (string-ascii 20) }))
  (begin
    (try! (governed "set-tier" (sha256 (unwrap-panic (to-consensus-buff? {tier: tier, terms: terms})))))
    (asserts! (and (< (get min-strike terms) (get max-strike terms)) (<= (get max-strike terms) (* u2 PPM))
      (>= (get grid terms) u1000) (<= (get grid terms) u200000)
      (>= (get floor-ratio terms) u100000) (<= (get floor-ratio terms) u900000)
      (<= (get markup terms) (* u2 PPM)) (<= (get skew terms) (* u2 PPM))
      (<= (get max-duration terms) YEAR) (<= (get utilisation-limit terms) PPM) (<= (get buffer terms) u500000)
      (<= (get exit-fee terms) u100000) (<= (get exit-fee-slope terms) (- u100000 (get exit-fee terms)))
      (or (is-eq (get overflow terms) "reject") (is-eq (get overflow terms) "next-tier")
        (is-eq (get overflow terms) "proportional"))) ERR_BAD_SETTING)
    (map-set tiers tier terms)
    (print (merge terms {event: "tier-set", tier: tier}))
    (ok true)))

;; Opens a bucket for a tier and token, or changes the capacity of one. Its first epoch closes at the first boundary an
;; hour or more away.
(define-public (open-bucket (tier uint) (token principal) (capacity uint))
  (begin
    (try! (governed "open-bucket" (sha256 (unwrap-panic (to-consensus-buff?
      {tier: tier, token: token, capacity: capacity})))))
    (unwrap! (map-get? tiers tier) ERR_UNKNOWN_TIER)
    (unwrap! (map-get? collateral-tokens token) ERR_UNKNOWN_TOKEN)
    (asserts! (<= capacity (/ MAX_ASSETS u2)) ERR_BAD_SETTING)
    (map-set buckets {tier: tier, token: token}
      (match (map-get? buckets {tier: tier, token: token}) bucket
        (merge bucket {capacity: capacity})
        {capacity: capacity, assets: u0, fresh: u0, locked: u0, required: u0, shares: u0, generation: u0,
          queued: u0, index: ONE, sum: u0, exit-generation: u0,
          epoch: u1, boundary: (boundary-before stacks-block-time),
          due: (boundary-before (+ stacks-block-time CUTOFF (- DAY u1))), next-request: u0,
          deposits-now: u0, deposits-next: u0, exits-now: u0, exits-next: u0,
          refunds: u0, filled: u0, claims: u0, pot: u0, policies: u0, premiums: u0, payouts: u0, live: (list)}))
    (print {event: "bucket-set", tier: tier, token: token, capacity: capacity})
    (ok true)))
