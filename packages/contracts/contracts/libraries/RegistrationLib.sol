// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {IServiceNodeContribution} from "../interfaces/IServiceNodeContribution.sol";
import {IServiceNodeContributionFactory} from "../interfaces/IServiceNodeContributionFactory.sol";
import {
    Contributor,
    IServiceNodeRegistry,
    NodeState,
    Registration,
    SeedNode
} from "../interfaces/IServiceNodeRegistry.sol";
import {IServiceNodeRewards} from "../interfaces/IServiceNodeRewards.sol";
import {KeyStore} from "../KeyStore.sol";
import {ActiveSet} from "./ActiveSet.sol";
import {Bls} from "./Bls.sol";
import {BPS} from "./Bps.sol";
import {Digests} from "./Digests.sol";
import {NodeData} from "./NodeData.sol";
import {RewardsStorage} from "./RewardsStorage.sol";

/// @title How nodes enter the set.
/// @dev Linked: it runs on the storage of ServiceNodeRewards. Moving tokens is the caller's job.
library RegistrationLib {
    /// @dev A node has at most this many contributors (P-27); their withdrawals fit the flags of one record.
    uint256 internal constant MAX_CONTRIBUTORS = 10;
    /// @dev The operator's least part of the stake, 25% (P-27).
    uint256 internal constant MIN_OPERATOR_BPS = 2_500;
    /// @dev Every contributor's least part of the stake, 5%: a part to leave the node by (P-27, P-33).
    uint256 internal constant MIN_CONTRIBUTOR_BPS = 500;
    /// @dev Registrations a block: 20, or 2% of the nodes when that is more (P-28).
    uint256 internal constant MIN_REGISTRATIONS_PER_BLOCK = 20;
    uint256 internal constant REGISTRATIONS_PER_BLOCK_BPS = 200;

    /// @notice Refuses a chain without the precompiles (P-32), makes the stores of node data, starts ids at 1 (P-20).
    function initialize() external {
        Bls.checkPrecompiles();
        // Both addresses are derived from the proxy's from now on, so they must be its first two contracts.
        (address keyStore, address packStore) = (address(new KeyStore()), address(new KeyStore()));
        if (keyStore != NodeData.keyStore()) revert IServiceNodeRewards.WrongAddress("keyStore", keyStore);
        if (packStore != NodeData.packStore()) revert IServiceNodeRewards.WrongAddress("packStore", packStore);
        RewardsStorage.load().nextId = 1;
    }

    /// @notice See `IServiceNodeRegistry.packNodes`.
    function pack() external {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        uint256 group = $.packedGroups;
        if ($.nextId < (group + 1) * NodeData.GROUP_SIZE) {
            revert IServiceNodeRegistry.GroupNotFull(group, $.nextId);
        }
        address pointer = KeyStore(NodeData.packStore()).append(NodeData.readGroup(group));
        assert(pointer == NodeData.addressOf(NodeData.packStore(), group + 1));
        $.packedGroups = uint16(group + 1);
        emit IServiceNodeRegistry.NodesPacked(group, pointer);
    }

    /// @notice Enters one node as active, before the start (P-21). The time of its registration comes with it (P-30).
    function seed(bytes32 domainSeparator, SeedNode calldata seedNode) external {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        uint64 registeredAt = seedNode.registeredAt;
        if (registeredAt == 0 || registeredAt > block.timestamp) {
            revert IServiceNodeRegistry.RegistrationTimeOutOfRange(registeredAt, block.timestamp);
        }
        Contributor[] memory contributors = seedNode.contributors;
        uint128 stake = $.stakingRequirement;
        _checkStakes(contributors, stake);
        (uint64 id, bytes32[3] memory key) =
            _enter(domainSeparator, seedNode.registration, contributors, stake, NodeState.Active, registeredAt);
        ActiveSet.add(id);
        $.activeStake += uint96(stake);
        $.aggregateKey = Bls.pack(Bls.add(Bls.unpack($.aggregateKey), Bls.unpack(key)));
    }

    /// @notice Enters a node as pending, within the limit of a block (P-28). Without contributors it is the caller's
    /// alone (P-27).
    function register(bytes32 domainSeparator, Registration calldata registration, Contributor[] calldata given)
        external
        returns (uint64 id, uint128 stake)
    {
        _countRegistration();
        Contributor[] memory contributors = given;
        if (contributors.length == 0) {
            stake = RewardsStorage.load().stakingRequirement;
            contributors = new Contributor[](1);
            contributors[0] = Contributor({addr: msg.sender, beneficiary: msg.sender, stake: stake});
        } else {
            stake = _requiredOf(contributors[0].addr);
            _checkStakes(contributors, stake);
        }
        uint64 registeredAt = uint64(block.timestamp);
        (id,) = _enter(domainSeparator, registration, contributors, stake, NodeState.Pending, registeredAt);
    }

    /// @notice See `IServiceNodeRegistry.checkRegistration`.
    function check(bytes32 domainSeparator, Registration calldata registration, address operator) external view {
        _check(domainSeparator, registration, operator);
    }

    /// @notice How many registrations the block still takes (P-28), of how many.
    function registrationsLeft() internal view returns (uint256 left, uint256 limit) {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        uint256 share = uint256($.nodeCount) * REGISTRATIONS_PER_BLOCK_BPS / BPS;
        limit = share > MIN_REGISTRATIONS_PER_BLOCK ? share : MIN_REGISTRATIONS_PER_BLOCK;
        uint256 taken = $.registrationBlock == block.number ? $.registrationsInBlock : 0;
        left = limit > taken ? limit - taken : 0;
    }

    function _enter(
        bytes32 domainSeparator,
        Registration calldata registration,
        Contributor[] memory contributors,
        uint128 stake,
        NodeState state,
        uint64 registeredAt
    ) private returns (uint64 id, bytes32[3] memory key) {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        bytes32 keyHash;
        (key, keyHash) = _check(domainSeparator, registration, contributors[0].addr);

        id = $.nextId;
        $.idOfKey[keyHash] = id;
        $.nextId = id + 1;
        $.nodeCount += 1;
        $.principal += uint96(stake);
        RewardsStorage.NodeRecord storage record = $.records[id];
        record.state = state;
        record.registeredAt = uint40(registeredAt);

        address data = KeyStore(NodeData.keyStore()).append(NodeData.encode(key, stake, registration, contributors));
        // `verify` derives the address from the id alone, so the two must never part.
        assert(data == NodeData.pieceOf(id));
        emit IServiceNodeRegistry.NewServiceNode(
            id, contributors[0].addr, state == NodeState.Active, registeredAt, registration, contributors
        );
    }

    /// @dev P-27: the caller is the operator, or a factory-made contribution contract of that operator, whose stake is
    /// that of its round.
    function _requiredOf(address operator) private view returns (uint128) {
        if (msg.sender == operator) return RewardsStorage.load().stakingRequirement;
        address factory = RewardsStorage.load().contributionFactory;
        bool isOfOperator = factory != address(0) && IServiceNodeContributionFactory(factory).isContribution(msg.sender)
            && IServiceNodeContribution(msg.sender).operator() == operator;
        if (!isOfOperator) revert IServiceNodeRegistry.CallerNotOperator(msg.sender, operator);
        uint256 required = IServiceNodeContribution(msg.sender).stakingRequirement();
        // As for the requirement itself: the sums of 2^32 nodes stay within their 96 bits, whatever a factory makes.
        if (required == 0 || required > type(uint64).max) {
            revert IServiceNodeRewards.ParameterOutOfRange("stakingRequirement", required);
        }
        return uint128(required);
    }

    /// @dev The rules of P-27 on contributors.
    function _checkStakes(Contributor[] memory contributors, uint256 required) private pure {
        uint256 count = contributors.length;
        if (count == 0 || count > MAX_CONTRIBUTORS) {
            revert IServiceNodeRegistry.ContributorCountOutOfRange(count, MAX_CONTRIBUTORS);
        }
        uint256 minimum = Math.ceilDiv(required * MIN_CONTRIBUTOR_BPS, BPS);
        uint256 total = 0;
        for (uint256 i = 0; i < count; ++i) {
            Contributor memory c = contributors[i];
            if (c.addr == address(0) || c.beneficiary == address(0)) revert IServiceNodeRegistry.ContributorIsZero(i);
            if (c.stake < minimum) revert IServiceNodeRegistry.ContributorStakeTooSmall(i, c.stake, minimum);
            for (uint256 j = 0; j < i; ++j) {
                if (contributors[j].addr == c.addr) revert IServiceNodeRegistry.DuplicateContributor(c.addr);
            }
            total += c.stake;
        }
        if (total != required) revert IServiceNodeRegistry.StakeMismatch(total, required);
        minimum = Math.ceilDiv(required * MIN_OPERATOR_BPS, BPS);
        if (contributors[0].stake < minimum) {
            revert IServiceNodeRegistry.OperatorStakeTooSmall(contributors[0].stake, minimum);
        }
    }

    /// @dev P-8, P-20. The pairing comes last because it is dear. It also proves that the key is in its subgroup and
    /// canonical, so that it may be packed and added.
    function _check(bytes32 domainSeparator, Registration calldata registration, address operator)
        private
        view
        returns (bytes32[3] memory key, bytes32 keyHash)
    {
        if (registration.feeBps > BPS) revert IServiceNodeRegistry.FeeTooLarge(registration.feeBps);
        BLS.G1Point memory point = registration.blsKey;
        if (Bls.isInfinity(point)) revert IServiceNodeRegistry.KeyAtInfinity();
        if (Bls.isInfinity(registration.proofOfPossession)) revert IServiceNodeRegistry.SignatureAtInfinity();
        if (registration.identityKey == 0) revert IServiceNodeRegistry.IdentityKeyIsZero();
        key = Bls.pack(point);
        keyHash = keccak256(abi.encode(key));
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        uint64 holder = $.idOfKey[keyHash];
        if (holder != 0 && $.records[holder].state != NodeState.Exited) revert IServiceNodeRegistry.KeyInUse(holder);
        bytes32 digest = Digests.proofOfPossession(domainSeparator, key, operator, registration.identityKey);
        if (!Bls.isValid(point, digest, registration.proofOfPossession)) {
            revert IServiceNodeRegistry.InvalidProofOfPossession(digest, operator);
        }
    }

    /// @dev P-28.
    function _countRegistration() private {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        (uint256 left, uint256 limit) = registrationsLeft();
        if (left == 0) revert IServiceNodeRegistry.TooManyRegistrations(limit);
        $.registrationBlock = uint64(block.number);
        $.registrationsInBlock = uint32(limit - left + 1);
    }
}
