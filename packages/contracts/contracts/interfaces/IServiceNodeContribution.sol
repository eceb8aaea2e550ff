// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Registration} from "./IServiceNodeRegistry.sol";
import {IServiceNodeRewards} from "./IServiceNodeRewards.sol";

/// @notice What a contribution contract is doing.
/// @dev Setup: the operator has not opened a round. Open: it takes contributions. Full: the stake is complete and waits
/// for the operator's `finalize()`. Finalized: the node is registered and nothing is held any more.
enum ContributionStatus {
    Setup,
    Open,
    Full,
    Finalized
}

/// @notice A part of the stake that waits for one contributor.
/// @param addr Who may take it up; nobody else can use this amount or this place.
/// @param amount The least of the first contribution, in atomic units.
struct Reservation {
    address addr;
    uint96 amount;
}

/// @notice One contributor of the round. It stays after the registration, as a record.
/// @param addr Who paid, and to whom the principal returns.
/// @param contributedAt When it last paid, in seconds since 1970.
/// @param beneficiary The recipient that the rewards are owed to.
/// @param amount All that it paid, in atomic units.
struct Contribution {
    address addr;
    uint64 contributedAt;
    address beneficiary;
    uint96 amount;
}

/// @title One node's stake, pooled by its operator and up to nine others (P-45 to P-48).
/// @dev Work goes in rounds: the operator opens one with its own contribution and the terms, others add to it, and when
/// the stakes sum exactly to the requirement the node is registered. Until then anyone can have the tokens back.
interface IServiceNodeContribution {
    // --- errors ---

    /// @notice Only the factory sets a contract up.
    error NotFactory(address caller, address factory);
    /// @notice Only the operator may do this.
    error NotOperator(address caller, address operator);
    /// @notice The operator takes its part back only by ending the round: call `reset()`.
    error OperatorCannotWithdraw(address operator);
    /// @notice This cannot be done now.
    error WrongStatus(ContributionStatus status);
    /// @notice The round is another than the one the caller has seen: its terms may differ. Look at them again.
    error WrongRound(uint256 round, uint256 current);
    /// @notice The fee is among the terms of a running round. Call `reset()` before changing it.
    error FeeIsFixed(uint256 feeBps, uint256 current);
    /// @notice A fee is at most 10000 bps.
    error FeeTooLarge(uint256 feeBps);
    /// @notice An amount is below the least or above the most that this contributor may pay now (P-46).
    error AmountOutOfRange(uint256 amount, uint256 minimum, uint256 maximum);
    /// @notice The node has all the contributors it may have, or the rest is reserved for others (P-46).
    error NoPlaceLeft(uint256 contributors, uint256 reserved, uint256 open);
    /// @notice What the amount leaves open is not nothing, and less than the `minimum` that one more contributor must
    /// have (P-46). Pay all that is open, or leave `minimum` of it.
    error LeavesTooLittle(uint256 left, uint256 minimum);
    /// @notice A reservation names nobody, the operator, or someone twice.
    error InvalidReservation(uint256 index, address addr);
    /// @notice A reservation is below the `minimum` that a contributor must have of the node (P-46).
    error ReservationTooSmall(uint256 index, uint256 amount, uint256 minimum);
    /// @notice More places are reserved than there are.
    error TooManyReservations(uint256 count, uint256 maximum);
    /// @notice A beneficiary is never zero.
    error BeneficiaryIsZero();
    /// @notice The caller has no part in this round.
    error NotContributor(address caller);
    /// @notice A contribution stays a day, so that nobody keeps a node from being completed at no cost; and an hour
    /// after the round became full, so that nobody leaves in front of `finalize` (P-47).
    error WithdrawTooEarly(uint256 time, uint256 allowedAt);
    /// @notice There is nothing to pay out.
    error NothingToPay(address account);
    /// @notice The token did not move the amount it was asked to.
    error TransferMismatch(uint256 received, uint256 expected);

    // --- events ---

    /// @notice What the node brings was set or replaced.
    /// @param registration All of it.
    event RegistrationUpdated(Registration registration);
    /// @notice A round began with these terms. `Contributed` for the operator's part follows.
    /// @param round Its number, from 1.
    /// @param stakingRequirement What the stakes must sum to, in atomic units.
    /// @param feeBps The operator's part of the node's rewards, in 1/10000.
    /// @param manualFinalize Whether a complete stake waits for `finalize()`.
    /// @param reserved The parts that wait for others.
    event RoundOpened(
        uint256 indexed round, uint256 stakingRequirement, uint16 feeBps, bool manualFinalize, Reservation[] reserved
    );
    /// @notice A contributor paid. Amounts are in atomic units.
    /// @param round The round's number.
    /// @param contributor Who paid, and to whom the principal returns.
    /// @param beneficiary The recipient of the rewards of all its part.
    /// @param amount What it paid now.
    /// @param contributed All that it has paid in this round.
    /// @param total What all contributors have paid.
    event Contributed(
        uint256 indexed round,
        address indexed contributor,
        address beneficiary,
        uint256 amount,
        uint256 contributed,
        uint256 total
    );
    /// @notice A contributor named another recipient of its rewards.
    /// @param round The round's number.
    /// @param contributor Whose rewards.
    /// @param beneficiary The new recipient.
    event BeneficiaryUpdated(uint256 indexed round, address indexed contributor, address beneficiary);
    /// @notice A contributor left the round with all its tokens.
    /// @param round The round's number.
    /// @param contributor Who left.
    /// @param amount What it was paid back, in atomic units.
    /// @param total What the others have paid, in atomic units.
    event Withdrawn(uint256 indexed round, address indexed contributor, uint256 amount, uint256 total);
    /// @notice The operator ended the round: `refund` pays everyone back.
    /// @param round The round's number.
    /// @param refundable What its contributors are owed together, in atomic units.
    event RoundReset(uint256 indexed round, uint256 refundable);
    /// @notice A contributor of rounds that were ended got its tokens back.
    /// @param contributor Who was paid; anyone may have called.
    /// @param amount In atomic units.
    event Refunded(address indexed contributor, uint256 amount);
    /// @notice The node is registered, and the stake is with the rewards contract.
    /// @param round The round's number.
    /// @param nodeId The node's id.
    event Finalized(uint256 indexed round, uint64 indexed nodeId);
    /// @notice Tokens that belong to no contributor went to the operator.
    /// @param token Which tokens.
    /// @param amount In the token's own units.
    event Rescued(IERC20 indexed token, uint256 amount);

    // --- the operator ---

    /// @notice Sets the contract up. Only the factory calls it, once.
    function initialize(address operator_, Registration calldata registration_) external;

    /// @notice Replaces what the node brings: BLS key, proofs, identity key; the fee too while no round runs (P-45).
    /// @dev Operator only, before the registration. While a round runs, key and proof are checked as by a registration
    /// (`checkRegistration`); otherwise they are when the next one opens.
    function updateRegistration(Registration calldata registration_) external;

    /// @notice Opens a round with the caller's own part, at least a quarter of the stake (P-45, P-46).
    /// @dev Operator only. Pulls the tokens from the caller. If the amount is the whole stake, it may finalise at once.
    /// Key and proof of possession are checked as by a registration (`checkRegistration`).
    /// @param amount The operator's part, in atomic units.
    /// @param beneficiary The recipient of the operator's rewards and of the fee.
    /// @param reserved Parts that wait for others.
    /// @param manualFinalize Whether a complete stake waits for `finalize()` instead of registering at once.
    function open(uint96 amount, address beneficiary, Reservation[] calldata reserved, bool manualFinalize) external;

    /// @notice Ends the round: everyone, the operator included, is paid back by `refund` (P-47). Operator only.
    function reset() external;

    /// @notice Registers the node of a complete round that was opened with `manualFinalize` (P-48). Operator only.
    /// @return nodeId_ The node's id.
    function finalize() external returns (uint64 nodeId_);

    /// @notice Sends the operator what the contract holds of a token beyond its contributors' parts (P-48). Operator
    /// only.
    function rescue(IERC20 token_) external returns (uint256 amount);

    // --- contributors ---

    /// @notice Adds to the stake: a first part, within `contributionBounds`, or more of it. Pulls the tokens (P-46).
    /// @dev What completes an automatic round registers the node in the same call, and fails when that fails.
    /// @param round_ The round whose terms the caller has seen.
    /// @param amount Atomic units.
    /// @param beneficiary The recipient of the rewards of all the caller's part.
    function contribute(uint256 round_, uint96 amount, address beneficiary) external;

    /// @notice Names another recipient of the caller's rewards, while the round runs.
    function setBeneficiary(address beneficiary) external;

    /// @notice Pays the caller's whole part back and gives its place up, from `withdrawableAt` on (P-47).
    function withdraw() external;

    /// @notice Pays `contributor` what it had in rounds that the operator has ended. Anyone may call, at any time.
    function refund(address contributor) external returns (uint256 amount);

    // --- views ---

    /// @notice Whose node it is; the first contributor.
    function operator() external view returns (address);

    /// @notice The rewards contract the node is registered in.
    function rewards() external view returns (IServiceNodeRewards);

    /// @notice The token that is staked.
    function token() external view returns (IERC20);

    /// @notice What the contract is doing.
    function status() external view returns (ContributionStatus);

    /// @notice How many rounds have been opened.
    function round() external view returns (uint256);

    /// @notice Whether the last round waits for `finalize()` when it is complete.
    function manualFinalize() external view returns (bool);

    /// @notice What the stakes of the last round must sum to: the requirement at the moment of opening.
    /// The registration asks for it here (P-27).
    function stakingRequirement() external view returns (uint256);

    /// @notice What the contributors of the round have paid.
    function total() external view returns (uint256);

    /// @notice The node's id; zero until it is registered.
    function nodeId() external view returns (uint64);

    /// @notice What the node brings.
    function registration() external view returns (Registration memory);

    /// @notice The contributors of the round, the operator first.
    function contributions() external view returns (Contribution[] memory);

    /// @notice The reservations that nobody has taken up yet.
    function reservations() external view returns (Reservation[] memory);

    /// @notice What `refund` would pay.
    function refundable(address contributor) external view returns (uint256);

    /// @notice From when on `contributor` may withdraw, in seconds since 1970: a day after it last paid, and in a full
    /// round not before an hour after it became full (P-47). A payment until then, its own or the one that makes the
    /// round full, may put it off. Reverts as `withdraw` does for whoever cannot.
    function withdrawableAt(address contributor) external view returns (uint256);

    /// @notice What `contributor` may pay now; all zero when it may pay nothing (P-46). Amounts are in atomic units.
    /// @return minimum The least.
    /// @return maximum The most.
    /// @return leastLeft An amount between the two is taken if it is lower than the maximum by at least this much, and
    /// refused with `LeavesTooLittle` otherwise. `minimum` and `maximum` themselves are always taken.
    function contributionBounds(address contributor)
        external
        view
        returns (uint256 minimum, uint256 maximum, uint256 leastLeft);
}
