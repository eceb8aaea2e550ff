// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SSTORE2} from "solady/src/utils/SSTORE2.sol";
import {
    Contribution,
    ContributionStatus,
    IServiceNodeContribution,
    Reservation
} from "./interfaces/IServiceNodeContribution.sol";
import {Contributor, Registration} from "./interfaces/IServiceNodeRegistry.sol";
import {IServiceNodeRewards} from "./interfaces/IServiceNodeRewards.sol";
import {BPS} from "./libraries/Bps.sol";

/// @title One node's stake, pooled by its operator and up to nine others.
/// @dev The code of the factory's clones. In: contributions. Out: one registration, or everyone's tokens back. It
/// trusts the rewards contract and nobody else; what the node then earns is not its job.
contract ServiceNodeContribution is IServiceNodeContribution, ReentrancyGuardTransient {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    /// @dev As in the registration (P-27), which checks them again.
    uint256 private constant MAX_CONTRIBUTORS = 10;
    uint256 private constant MIN_OPERATOR_BPS = 2_500;
    uint256 private constant MIN_CONTRIBUTOR_BPS = 500;
    /// @dev As in Session: whoever takes a place holds it for a day, so that entering and leaving is not free (P-47).
    uint256 private constant WITHDRAWAL_DELAY = 1 days;
    /// @dev From the last payment of a full round on: nobody leaves in front of the operator's `finalize` (P-47).
    uint256 private constant FINALIZE_SECONDS = 1 hours;

    address private immutable _factory = msg.sender;
    /// @inheritdoc IServiceNodeContribution
    IServiceNodeRewards public immutable rewards;
    /// @inheritdoc IServiceNodeContribution
    IERC20 public immutable token;

    /// @inheritdoc IServiceNodeContribution
    address public operator;
    /// @inheritdoc IServiceNodeContribution
    ContributionStatus public status;
    /// @inheritdoc IServiceNodeContribution
    bool public manualFinalize;
    uint16 private _feeBps;
    uint64 private _round;
    /// @dev The registration as the code of a data contract: 16 words cost a third of what their slots would.
    address private _registrationData;
    uint96 private _stakingRequirement;
    uint96 private _total;
    uint96 private _refundableTotal;
    /// @inheritdoc IServiceNodeContribution
    uint64 public nodeId;
    Contribution[] private _contributions;
    Reservation[] private _reservations;
    mapping(address contributor => uint256) private _refundable;

    modifier onlyOperator() {
        if (msg.sender != operator) revert NotOperator(msg.sender, operator);
        _;
    }

    /// @param rewards_ The rewards contract. Its token never changes.
    constructor(IServiceNodeRewards rewards_) {
        rewards = rewards_;
        token = rewards_.token();
    }

    /// @inheritdoc IServiceNodeContribution
    function initialize(address operator_, Registration calldata registration_) external {
        if (msg.sender != _factory) revert NotFactory(msg.sender, _factory);
        operator = operator_;
        _setRegistration(registration_);
    }

    // --- the operator ---

    /// @inheritdoc IServiceNodeContribution
    function updateRegistration(Registration calldata registration_) external onlyOperator {
        if (status == ContributionStatus.Finalized) revert WrongStatus(status);
        if (status != ContributionStatus.Setup && registration_.feeBps != _feeBps) {
            revert FeeIsFixed(registration_.feeBps, _feeBps);
        }
        if (status != ContributionStatus.Setup) rewards.checkRegistration(registration_, msg.sender);
        _setRegistration(registration_);
    }

    /// @inheritdoc IServiceNodeContribution
    function open(uint96 amount, address beneficiary, Reservation[] calldata reserved, bool manualFinalize_)
        external
        onlyOperator
        nonReentrant
    {
        if (status != ContributionStatus.Setup) revert WrongStatus(status);
        rewards.checkRegistration(registration(), msg.sender);
        uint256 required = rewards.stakingRequirement();
        _stakingRequirement = required.toUint96();
        uint256 minimum = Math.ceilDiv(required * MIN_OPERATOR_BPS, BPS);
        uint256 maximum = Math.saturatingSub(required, _reserve(reserved));
        _checkAmount(amount, minimum, maximum);

        (status, manualFinalize) = (ContributionStatus.Open, manualFinalize_);
        _round += 1;
        emit RoundOpened(_round, required, _feeBps, manualFinalize_, reserved);
        _contributions.push(Contribution(msg.sender, uint64(block.timestamp), address(0), 0));
        _add(0, amount, beneficiary);
    }

    /// @inheritdoc IServiceNodeContribution
    function reset() external onlyOperator nonReentrant {
        _requireRunning();
        for (uint256 i = 0; i < _contributions.length; ++i) {
            _refundable[_contributions[i].addr] += _contributions[i].amount;
        }
        emit RoundReset(_round, _total);
        _refundableTotal += _total;
        _total = 0;
        status = ContributionStatus.Setup;
        delete _contributions;
        delete _reservations;
    }

    /// @inheritdoc IServiceNodeContribution
    function finalize() external onlyOperator nonReentrant returns (uint64) {
        if (status != ContributionStatus.Full) revert WrongStatus(status);
        return _finalize();
    }

    /// @inheritdoc IServiceNodeContribution
    function rescue(IERC20 token_) external onlyOperator nonReentrant returns (uint256 amount) {
        amount = token_.balanceOf(address(this));
        if (address(token_) == address(token)) amount -= _held();
        if (amount == 0) revert NothingToPay(msg.sender);
        emit Rescued(token_, amount);
        token_.safeTransfer(msg.sender, amount);
    }

    // --- contributors ---

    /// @inheritdoc IServiceNodeContribution
    function contribute(uint256 round_, uint96 amount, address beneficiary) external nonReentrant {
        if (status != ContributionStatus.Open) revert WrongStatus(status);
        if (round_ != _round) revert WrongRound(round_, _round);
        (uint256 minimum, uint256 maximum,) = contributionBounds(msg.sender);
        if (maximum == 0) revert NoPlaceLeft(_contributions.length, _reservations.length, _unreserved());
        _checkAmount(amount, minimum, maximum);

        (bool found, uint256 index) = _find(msg.sender);
        if (!found) {
            index = _contributions.length;
            _contributions.push(Contribution(msg.sender, 0, address(0), 0));
            _takeUpReservation(msg.sender);
        }
        _add(index, amount, beneficiary);
    }

    /// @inheritdoc IServiceNodeContribution
    function setBeneficiary(address beneficiary) external {
        _requireRunning();
        if (beneficiary == address(0)) revert BeneficiaryIsZero();
        _contributions[_indexOf(msg.sender)].beneficiary = beneficiary;
        emit BeneficiaryUpdated(_round, msg.sender, beneficiary);
    }

    /// @inheritdoc IServiceNodeContribution
    function withdraw() external nonReentrant {
        _requireRunning();
        if (msg.sender == operator) revert OperatorCannotWithdraw(msg.sender);
        uint256 index = _indexOf(msg.sender);
        Contribution memory left = _contributions[index];
        uint256 allowedAt = _withdrawableAt(left.contributedAt);
        if (block.timestamp < allowedAt) revert WithdrawTooEarly(block.timestamp, allowedAt);

        // The operator is at 0 and cannot leave, so it stays first whoever fills the gap.
        _contributions[index] = _contributions[_contributions.length - 1];
        _contributions.pop();
        _total -= left.amount;
        status = ContributionStatus.Open;
        emit Withdrawn(_round, msg.sender, left.amount, _total);
        token.safeTransfer(msg.sender, left.amount);
    }

    /// @inheritdoc IServiceNodeContribution
    function refund(address contributor) external nonReentrant returns (uint256 amount) {
        amount = _refundable[contributor];
        if (amount == 0) revert NothingToPay(contributor);
        _refundable[contributor] = 0;
        _refundableTotal -= amount.toUint96();
        emit Refunded(contributor, amount);
        token.safeTransfer(contributor, amount);
    }

    // --- views ---

    /// @inheritdoc IServiceNodeContribution
    function round() external view returns (uint256) {
        return _round;
    }

    /// @inheritdoc IServiceNodeContribution
    function stakingRequirement() external view returns (uint256) {
        return _stakingRequirement;
    }

    /// @inheritdoc IServiceNodeContribution
    function total() external view returns (uint256) {
        return _total;
    }

    /// @inheritdoc IServiceNodeContribution
    function registration() public view returns (Registration memory) {
        return abi.decode(SSTORE2.read(_registrationData), (Registration));
    }

    /// @inheritdoc IServiceNodeContribution
    function contributions() external view returns (Contribution[] memory) {
        return _contributions;
    }

    /// @inheritdoc IServiceNodeContribution
    function reservations() external view returns (Reservation[] memory) {
        return _reservations;
    }

    /// @inheritdoc IServiceNodeContribution
    function refundable(address contributor) external view returns (uint256) {
        return _refundable[contributor];
    }

    /// @inheritdoc IServiceNodeContribution
    function withdrawableAt(address contributor) external view returns (uint256) {
        _requireRunning();
        if (contributor == operator) revert OperatorCannotWithdraw(contributor);
        return _withdrawableAt(_contributions[_indexOf(contributor)].contributedAt);
    }

    /// @inheritdoc IServiceNodeContribution
    function contributionBounds(address contributor)
        public
        view
        returns (uint256 minimum, uint256 maximum, uint256 leastLeft)
    {
        if (status != ContributionStatus.Open) return (0, 0, 0);
        uint256 unreserved = _unreserved();
        leastLeft = _leastPart();
        (bool contributes,) = _find(contributor);
        (bool isReserved, uint256 index) = _findReservation(contributor);
        if (contributes) {
            (minimum, maximum) = (1, unreserved);
        } else if (isReserved) {
            minimum = _reservations[index].amount;
            maximum = minimum + unreserved;
        } else {
            // An equal part of the rest for each free place: so the places never run out before the stake is complete.
            uint256 places = MAX_CONTRIBUTORS - _contributions.length - _reservations.length;
            if (places == 0) return (0, 0, 0);
            (minimum, maximum) = (Math.max(Math.ceilDiv(unreserved, places), leastLeft), unreserved);
        }
        if (maximum == 0) return (0, 0, 0);
        // Anything lower than all would leave too little. A reservation taken up as it is leaves all, and so it may be.
        if (maximum - minimum < leastLeft) minimum = maximum;
    }

    // --- internal ---

    /// @dev Counts `amount` for a contributor, pulls it, and finalises a complete automatic round.
    function _add(uint256 index, uint96 amount, address beneficiary) private {
        if (beneficiary == address(0)) revert BeneficiaryIsZero();
        Contribution storage c = _contributions[index];
        c.contributedAt = uint64(block.timestamp);
        c.beneficiary = beneficiary;
        c.amount += amount;
        _total += amount;
        emit Contributed(_round, msg.sender, beneficiary, amount, c.amount, _total);

        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = token.balanceOf(address(this)) - before;
        if (received != amount) revert TransferMismatch(received, amount);

        if (_total != _stakingRequirement) return;
        status = ContributionStatus.Full;
        if (!manualFinalize) _finalize();
    }

    /// @dev P-48. The registration pulls exactly what was approved, so no allowance is left.
    function _finalize() private returns (uint64 id) {
        status = ContributionStatus.Finalized;
        uint256 count = _contributions.length;
        Contributor[] memory contributors = new Contributor[](count);
        for (uint256 i = 0; i < count; ++i) {
            Contribution memory c = _contributions[i];
            contributors[i] = Contributor({addr: c.addr, beneficiary: c.beneficiary, stake: c.amount});
        }
        token.forceApprove(address(rewards), _total);
        id = rewards.addBLSPublicKey(registration(), contributors);
        nodeId = id;
        emit Finalized(_round, id);
    }

    function _setRegistration(Registration calldata registration_) private {
        if (registration_.feeBps > BPS) revert FeeTooLarge(registration_.feeBps);
        _feeBps = registration_.feeBps;
        _registrationData = SSTORE2.write(abi.encode(registration_));
        emit RegistrationUpdated(registration_);
    }

    /// @dev P-46. What is left is for one more contributor, who needs a real part of the node, or nothing.
    function _checkAmount(uint256 amount, uint256 minimum, uint256 maximum) private view {
        if (amount < minimum || amount > maximum) revert AmountOutOfRange(amount, minimum, maximum);
        uint256 left = maximum - amount;
        uint256 least = _leastPart();
        if (left != 0 && left < least) revert LeavesTooLittle(left, least);
    }

    /// @dev Stores the reservations of a new round and returns their sum.
    function _reserve(Reservation[] calldata reserved) private returns (uint256 sum) {
        if (reserved.length >= MAX_CONTRIBUTORS) revert TooManyReservations(reserved.length, MAX_CONTRIBUTORS - 1);
        uint256 least = _leastPart();
        for (uint256 i = 0; i < reserved.length; ++i) {
            (address addr, uint96 amount) = (reserved[i].addr, reserved[i].amount);
            (bool twice,) = _findReservation(addr);
            if (twice || addr == address(0) || addr == operator) revert InvalidReservation(i, addr);
            if (amount < least) revert ReservationTooSmall(i, amount, least);
            _reservations.push(reserved[i]);
            sum += amount;
        }
    }

    function _takeUpReservation(address contributor) private {
        (bool isReserved, uint256 index) = _findReservation(contributor);
        if (!isReserved) return;
        _reservations[index] = _reservations[_reservations.length - 1];
        _reservations.pop();
    }

    function _requireRunning() private view {
        if (status != ContributionStatus.Open && status != ContributionStatus.Full) revert WrongStatus(status);
    }

    /// @dev The least that a contributor may have in the node of this round (P-27).
    function _leastPart() private view returns (uint256) {
        return Math.ceilDiv(_stakingRequirement * MIN_CONTRIBUTOR_BPS, BPS);
    }

    /// @dev P-47, for a contributor that last paid at `contributedAt`. A full round became full with its last payment:
    /// nobody pays into it or has left it since.
    function _withdrawableAt(uint256 contributedAt) private view returns (uint256 time) {
        time = contributedAt + WITHDRAWAL_DELAY;
        if (status != ContributionStatus.Full) return time;
        for (uint256 i = 0; i < _contributions.length; ++i) {
            time = Math.max(time, _contributions[i].contributedAt + FINALIZE_SECONDS);
        }
    }

    /// @dev What is neither paid nor reserved.
    function _unreserved() private view returns (uint256 amount) {
        amount = _stakingRequirement - _total;
        for (uint256 i = 0; i < _reservations.length; ++i) {
            amount -= _reservations[i].amount;
        }
    }

    /// @dev What belongs to contributors of this round or of ended ones.
    function _held() private view returns (uint256) {
        return status == ContributionStatus.Finalized ? _refundableTotal : uint256(_refundableTotal) + _total;
    }

    function _indexOf(address contributor) private view returns (uint256) {
        (bool found, uint256 index) = _find(contributor);
        if (!found) revert NotContributor(contributor);
        return index;
    }

    function _find(address contributor) private view returns (bool, uint256) {
        for (uint256 i = 0; i < _contributions.length; ++i) {
            if (_contributions[i].addr == contributor) return (true, i);
        }
        return (false, 0);
    }

    function _findReservation(address contributor) private view returns (bool, uint256) {
        for (uint256 i = 0; i < _reservations.length; ++i) {
            if (_reservations[i].addr == contributor) return (true, i);
        }
        return (false, 0);
    }
}
