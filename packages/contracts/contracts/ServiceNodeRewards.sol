// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ownable2StepUpgradeable} from "@openzeppelin/contracts-upgradeable/access/Ownable2StepUpgradeable.sol";
import {OwnableUpgradeable} from "@openzeppelin/contracts-upgradeable/access/OwnableUpgradeable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {IContests} from "./interfaces/IContests.sol";
import {IEmergency} from "./interfaces/IEmergency.sol";
import {EpochReport, IEpochReports} from "./interfaces/IEpochReports.sol";
import {IRewardRatePool} from "./interfaces/IRewardRatePool.sol";
import {IRewardsDistributor} from "./interfaces/IRewardsDistributor.sol";
import {Contributor, Registration, SeedNode} from "./interfaces/IServiceNodeRegistry.sol";
import {IServiceNodeRewards} from "./interfaces/IServiceNodeRewards.sol";
import {ContestLib} from "./libraries/ContestLib.sol";
import {Digests} from "./libraries/Digests.sol";
import {EmergencyLib} from "./libraries/EmergencyLib.sol";
import {ExitLib} from "./libraries/ExitLib.sol";
import {Quorum} from "./libraries/Quorum.sol";
import {RegistrationLib} from "./libraries/RegistrationLib.sol";
import {ReportLib} from "./libraries/ReportLib.sol";
import {RewardsStorage} from "./libraries/RewardsStorage.sol";
import {SignatureCheck} from "./libraries/SignatureCheck.sol";
import {ServiceNodeRegistry} from "./ServiceNodeRegistry.sol";

/// @title The service nodes, their stakes and what they have signed.
/// @dev In: registrations and messages that the nodes have signed. Out: principal, and word to the distributor of who
/// is owed what. That is decided by the nodes' ledgers; this contract only checks that enough stake signed it. All
/// tokens here are principal.
contract ServiceNodeRewards is IServiceNodeRewards, ServiceNodeRegistry, Ownable2StepUpgradeable {
    using SafeERC20 for IERC20;

    /// @notice How a deployment differs from another.
    /// @param owner Who sets parameters and carries out emergencies: on a public network a timelock (P-114).
    /// @param guardian Who may pause for a time and announce emergencies; zero for nobody (P-113).
    /// @param founder Who may seed, name the contribution factory and start, beside the owner, until the start (P-30).
    /// @param stakingRequirement The stake of a node, in atomic units.
    /// @param epochSeconds The length of an epoch; it never changes.
    /// @param claimLimit What all claims together may pay in one cycle, in atomic units.
    /// @param claimCycleSeconds The length of a claim cycle.
    /// @param emergencyNoticeSeconds From an emergency's announcement to when it may be carried out; it never changes.
    struct Parameters {
        address owner;
        address guardian;
        address founder;
        uint128 stakingRequirement;
        uint64 epochSeconds;
        uint256 claimLimit;
        uint256 claimCycleSeconds;
        uint64 emergencyNoticeSeconds;
    }

    /// @dev Between two changes of the staking requirement everyone has the time to leave (P-115).
    uint256 private constant REQUIREMENT_CHANGE_SECONDS = 15 days;

    /// @dev Fixed in the implementation, so that reading them costs nothing. An upgrade must carry the same.
    IRewardsDistributor private immutable _distributor;
    IERC20 private immutable _token;
    IRewardRatePool private immutable _pool;

    /// @dev Stands for started too: until the start the pause is endless.
    modifier whenNotPaused() {
        uint256 until = RewardsStorage.load().pausedUntil;
        if (block.timestamp < until) {
            _requireStarted();
            revert EnforcedPause(until);
        }
        _;
    }

    modifier whenStarted() {
        _requireStarted();
        _;
    }

    modifier onlySettingUp() {
        if (msg.sender != owner()) {
            RewardsStorage.Layout storage $ = RewardsStorage.load();
            if (msg.sender != $.founder || $.genesis != 0) revert NotOwnerOrFounder(msg.sender, $.founder);
        }
        _;
    }

    /// @param distributor_ Where rewards are paid from. Its token is the token, its pool the pool.
    constructor(IRewardsDistributor distributor_) {
        if (address(distributor_) == address(0)) revert WrongAddress("distributor", address(0));
        _distributor = distributor_;
        _token = distributor_.token();
        _pool = distributor_.pool();
        _disableInitializers();
    }

    /// @notice Sets up a proxy. Refuses a chain without the EIP-2537 precompiles (P-32).
    function initialize(Parameters calldata parameters) external initializer {
        address known = _distributor.rewards();
        if (known != address(this)) revert WrongAddress("distributor.rewards", known);
        // Two, because a first record comes within half an epoch.
        if (parameters.epochSeconds < 2 || parameters.epochSeconds > type(uint32).max) {
            revert ParameterOutOfRange("epochSeconds", parameters.epochSeconds);
        }
        if (parameters.emergencyNoticeSeconds == 0 || parameters.emergencyNoticeSeconds > type(uint32).max) {
            revert ParameterOutOfRange("emergencyNoticeSeconds", parameters.emergencyNoticeSeconds);
        }
        __Ownable_init(parameters.owner);
        RegistrationLib.initialize();
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        $.epochSeconds = uint32(parameters.epochSeconds);
        $.emergencyNoticeSeconds = uint32(parameters.emergencyNoticeSeconds);
        $.founder = parameters.founder;
        $.pausedUntil = type(uint40).max;
        _setStakingRequirement(parameters.stakingRequirement);
        _setGuardian(parameters.guardian);
        _distributor.setClaimLimit(parameters.claimLimit, parameters.claimCycleSeconds);
    }

    // --- setting up ---

    /// @inheritdoc IServiceNodeRewards
    function seedPublicKeyList(SeedNode[] calldata seeds) external onlySettingUp {
        uint64 startedAt = RewardsStorage.load().genesis;
        if (startedAt != 0) revert AlreadyStarted(startedAt);
        bytes32 domainSeparator = _domainSeparator();
        for (uint256 i = 0; i < seeds.length; ++i) {
            RegistrationLib.seed(domainSeparator, seeds[i]);
        }
    }

    /// @inheritdoc IServiceNodeRewards
    function start() external onlySettingUp {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        if ($.genesis != 0) revert AlreadyStarted($.genesis);
        if ($.activeStake == 0) revert NoActiveStake();
        uint256 balance = _token.balanceOf(address(this));
        if (balance < $.principal) revert PrincipalMissing(balance, $.principal);
        $.genesis = uint40(block.timestamp);
        $.lastReportAt = uint40(block.timestamp);
        $.pausedUntil = 0;
        emit Started($.genesis, $.epochSeconds);
        _distributor.start();
    }

    // --- nodes ---

    /// @inheritdoc IServiceNodeRewards
    function addBLSPublicKey(Registration calldata registration, Contributor[] calldata contributors)
        external
        whenNotPaused
        returns (uint64 id)
    {
        uint128 stake;
        (id, stake) = RegistrationLib.register(_domainSeparator(), registration, contributors);
        _token.safeTransferFrom(msg.sender, address(this), stake);
    }

    /// @inheritdoc IServiceNodeRewards
    function initiateExitBLSPublicKey(uint64 id) external whenStarted {
        ExitLib.requestLeave(id);
    }

    /// @inheritdoc IServiceNodeRewards
    function exitBLSPublicKey(uint64 id) external {
        ExitLib.exit(id);
    }

    /// @inheritdoc IServiceNodeRewards
    function liquidateBLSPublicKey(uint64 id) external whenNotPaused {
        (uint256 liquidatorShare, uint256 poolShare) = ExitLib.liquidate(id);
        if (poolShare != 0) {
            _token.forceApprove(address(_pool), poolShare);
            _pool.fund(poolShare);
        }
        if (liquidatorShare != 0) _token.safeTransfer(msg.sender, liquidatorShare);
    }

    /// @inheritdoc IServiceNodeRewards
    function withdrawPrincipal(uint64 id) external {
        _token.safeTransfer(msg.sender, ExitLib.takePrincipal(id, msg.sender));
    }

    /// @inheritdoc IServiceNodeRewards
    function withdrawPrincipalFor(uint64 id, address contributor) external {
        _token.safeTransfer(contributor, ExitLib.takePrincipal(id, contributor));
    }

    // --- contests ---

    /// @inheritdoc IContests
    function contest(uint64 id) external {
        ContestLib.contest(id);
    }

    /// @inheritdoc IContests
    function contestSigned(uint64 epoch, BLS.G2Point calldata signature, uint64[] calldata signers)
        external
        whenStarted
    {
        ContestLib.contestSigned(_domainSeparator(), epoch, signature, signers);
    }

    /// @inheritdoc IContests
    function dropSilent(uint64[] calldata ids) external whenNotPaused {
        ContestLib.dropSilent(ids);
    }

    // --- epoch reports ---

    /// @inheritdoc IEpochReports
    function reportEpoch(
        EpochReport calldata report,
        BLS.G2Point calldata signature,
        uint64[] calldata nonSigners,
        uint64[] calldata extraSigners
    ) external whenNotPaused {
        uint256 released = _pool.released(block.timestamp);
        ReportLib.report(_domainSeparator(), _distributor, released, report, signature, nonSigners, extraSigners);
    }

    /// @inheritdoc IEpochReports
    function showSigners(uint64 epoch, BLS.G2Point calldata signature, uint64[] calldata signers) external {
        ReportLib.show(epoch, signature, signers);
    }

    // --- rewards ---

    /// @inheritdoc IServiceNodeRewards
    function updateRewardsBalance(
        address recipient,
        uint256 amount,
        BLS.G2Point calldata signature,
        uint64[] calldata nonSigners,
        uint64[] calldata extraSigners
    ) external whenNotPaused {
        // Raised first: what has landed already fails before the pairing is paid for. A signature that does not hold
        // undoes it.
        uint256 previous = _distributor.raise(recipient, amount);
        if (amount <= previous) revert AmountNotRaised(amount, previous);
        _checkClaim(recipient, amount, signature, nonSigners, extraSigners);
    }

    /// @inheritdoc IServiceNodeRewards
    function updateAndClaim(
        uint256 amount,
        BLS.G2Point calldata signature,
        uint64[] calldata nonSigners,
        uint64[] calldata extraSigners
    ) external whenNotPaused {
        // Whoever copies the bundle from the mempool and lands it first does the caller no harm.
        if (amount > _distributor.raise(msg.sender, amount)) {
            _checkClaim(msg.sender, amount, signature, nonSigners, extraSigners);
        }
        _distributor.claimFor(msg.sender);
    }

    /// @inheritdoc IServiceNodeRewards
    function claimRewards() external {
        _distributor.claimFor(msg.sender);
    }

    /// @inheritdoc IServiceNodeRewards
    function claimRewards(uint256 amount) external {
        _distributor.claimFor(msg.sender, amount);
    }

    // --- the owner ---

    /// @inheritdoc IServiceNodeRewards
    function setStakingRequirement(uint128 stakingRequirement_) external onlyOwner {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        uint256 allowedAt = $.requirementChangedAt + REQUIREMENT_CHANGE_SECONDS;
        if (block.timestamp < allowedAt) revert RequirementChangeTooEarly(allowedAt);
        uint256 current = $.stakingRequirement;
        if (stakingRequirement_ > 2 * current || 2 * uint256(stakingRequirement_) < current) {
            revert ParameterOutOfRange("stakingRequirement", stakingRequirement_);
        }
        _setStakingRequirement(stakingRequirement_);
        $.requirementChangedAt = uint40(block.timestamp);
    }

    /// @inheritdoc IServiceNodeRewards
    function setClaimLimit(uint256 limit, uint256 cycleSeconds) external onlyOwner {
        _distributor.setClaimLimit(limit, cycleSeconds);
    }

    /// @inheritdoc IServiceNodeRewards
    function setContributionFactory(address factory) external onlySettingUp {
        RewardsStorage.load().contributionFactory = factory;
        emit ContributionFactoryUpdated(factory);
    }

    /// @inheritdoc IContests
    function dropFromFloor(uint64[] calldata ids) external onlyOwner {
        ContestLib.dropFromFloor(ids);
    }

    /// @dev See `OwnershipCannotBeRenounced`.
    function renounceOwnership() public view override(OwnableUpgradeable) onlyOwner {
        revert OwnershipCannotBeRenounced();
    }

    // --- owner or guardian ---

    /// @inheritdoc IEmergency
    function pause(uint256 duration) external whenStarted {
        _distributor.setPausedUntil(EmergencyLib.pause(msg.sender == owner(), duration));
    }

    /// @inheritdoc IEmergency
    function unpause() external whenStarted {
        _distributor.setPausedUntil(EmergencyLib.unpause(msg.sender == owner()));
    }

    /// @inheritdoc IEmergency
    function announceEmergency(uint64[] calldata decommission, uint64[] calldata activate) external whenNotPaused {
        EmergencyLib.announce(msg.sender == owner(), decommission, activate);
    }

    /// @inheritdoc IEmergency
    function emergencyDecommission(uint64[] calldata decommission, uint64[] calldata activate)
        external
        onlyOwner
        whenNotPaused
    {
        EmergencyLib.carryOut(decommission, activate);
    }

    /// @inheritdoc IEmergency
    function setGuardian(address guardian_) external onlyOwner {
        _setGuardian(guardian_);
    }

    // --- views ---

    /// @inheritdoc IServiceNodeRewards
    function token() external view returns (IERC20) {
        return _token;
    }

    /// @inheritdoc IServiceNodeRewards
    function pool() external view returns (IRewardRatePool) {
        return _pool;
    }

    /// @inheritdoc IServiceNodeRewards
    function distributor() external view returns (IRewardsDistributor) {
        return _distributor;
    }

    /// @inheritdoc IServiceNodeRewards
    function genesis() external view returns (uint64) {
        return RewardsStorage.load().genesis;
    }

    /// @inheritdoc IServiceNodeRewards
    function epochSeconds() external view returns (uint64) {
        return RewardsStorage.load().epochSeconds;
    }

    /// @inheritdoc IServiceNodeRewards
    function stakingRequirement() external view returns (uint256) {
        return RewardsStorage.load().stakingRequirement;
    }

    /// @inheritdoc IServiceNodeRewards
    function contributionFactory() external view returns (address) {
        return RewardsStorage.load().contributionFactory;
    }

    /// @inheritdoc IServiceNodeRewards
    function principal() external view returns (uint256) {
        return RewardsStorage.load().principal;
    }

    /// @inheritdoc IServiceNodeRewards
    function recipients(address recipient) external view returns (uint128 lifetime, uint128 claimed) {
        return _distributor.recipients(recipient);
    }

    /// @inheritdoc IServiceNodeRewards
    function founder() external view returns (address) {
        return RewardsStorage.load().founder;
    }

    /// @inheritdoc IContests
    function silentStake() external view returns (uint256) {
        return RewardsStorage.load().silentStake;
    }

    /// @inheritdoc IEpochReports
    function acceptedReports() external view returns (uint256) {
        return RewardsStorage.load().acceptedReports;
    }

    /// @inheritdoc IEpochReports
    function recordedDigest(uint64 epoch) external view returns (bytes32) {
        return RewardsStorage.load().recordedDigests[epoch];
    }

    /// @inheritdoc IEpochReports
    function isPayable(uint64 epoch) external view returns (bool) {
        return ReportLib.isPayable(epoch);
    }

    /// @inheritdoc IEmergency
    function paused() external view returns (bool) {
        return block.timestamp < pausedUntil();
    }

    /// @inheritdoc IEmergency
    function pausedUntil() public view returns (uint256) {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        return $.genesis == 0 ? 0 : $.pausedUntil;
    }

    /// @inheritdoc IEmergency
    function guardian() external view returns (address) {
        return RewardsStorage.load().guardian;
    }

    /// @inheritdoc IEmergency
    function guardianWindow() external view returns (uint256 endsAt, uint256 pauses) {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        return ($.guardianWindowEndsAt, $.guardianPauses);
    }

    /// @inheritdoc IEmergency
    function emergencyNoticeSeconds() external view returns (uint256) {
        return RewardsStorage.load().emergencyNoticeSeconds;
    }

    /// @inheritdoc IEmergency
    function emergency(bytes32 listsHash) external view returns (uint256 readyAt, bool isVoid) {
        return EmergencyLib.announced(listsHash);
    }

    /// @inheritdoc IEpochReports
    function hashEpochReport(EpochReport calldata report) external view returns (bytes32) {
        return ReportLib.hash(_domainSeparator(), report);
    }

    /// @inheritdoc IContests
    function hashContest(uint64 epoch) external view returns (bytes32) {
        return Digests.contest(_domainSeparator(), epoch);
    }

    /// @inheritdoc IServiceNodeRewards
    function hashRewardClaim(address recipient, uint256 amount) public view returns (bytes32) {
        return Digests.rewardClaim(_domainSeparator(), recipient, amount);
    }

    // --- internal ---

    function _requireStarted() private view {
        if (RewardsStorage.load().genesis == 0) revert NotStarted();
    }

    /// @dev That a lifetime amount is signed by enough stake (P-24).
    function _checkClaim(
        address recipient,
        uint256 amount,
        BLS.G2Point calldata signature,
        uint64[] calldata nonSigners,
        uint64[] calldata extraSigners
    ) private view {
        (BLS.G1Point memory key, uint256 signedActive, uint256 signedFloor) =
            SignatureCheck.sum(nonSigners, extraSigners);
        Quorum.checkMoney(signedActive, signedFloor);
        SignatureCheck.check(key, hashRewardClaim(recipient, amount), signature);
    }

    function _setStakingRequirement(uint128 stakingRequirement_) private {
        // The upper bound keeps the sums of 2^32 nodes within their 96 bits.
        if (stakingRequirement_ == 0 || stakingRequirement_ > type(uint64).max) {
            revert ParameterOutOfRange("stakingRequirement", stakingRequirement_);
        }
        RewardsStorage.load().stakingRequirement = uint64(stakingRequirement_);
        emit StakingRequirementUpdated(stakingRequirement_);
    }

    function _setGuardian(address guardian_) private {
        RewardsStorage.load().guardian = guardian_;
        emit GuardianUpdated(guardian_);
    }
}
